/**
 * Small pictures, on canvases: a policy of the page that allows no images (`img-src`) doesn't apply to what
 * is drawn.
 */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { adopt } from '../style/adopt.ts'
import type { Picture } from '../talk/conversation.ts'
import { create } from '../view/element.ts'
import styles from './pictures.css?inline'
import { draw } from './scale-picture.ts'

/** Longest side, in pixels of a canvas. */
const SIDE = 480

/** The pictures of a question that was asked. Those that are no longer there have a place that says so. */
export function createThumbnails(
  pictures: readonly Picture[],
  { tree, strings }: { tree: ShadowRoot; strings: Strings },
): HTMLElement {
  adopt(tree, [styles])
  const list = create('ul', { class: 'pictures sent' })
  list.append(...pictures.map((picture, index) => create('li', {}, thumbnail(picture, index + 1, strings))))
  return list
}

export function thumbnail(picture: Picture, number: number, strings: Strings): HTMLElement {
  if (picture.url === undefined)
    return create('span', { class: 'picture-gone' }, fill(strings.pictureGone, { number }))
  const { url, width, height } = picture
  const canvas = create('canvas', { role: 'img', 'aria-label': fill(strings.picture, { number }) })
  const scale = Math.min(1, SIDE / Math.max(width, height))
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  createImageBitmap(blobOf(url)).then(
    (bitmap) => draw(canvas, bitmap),
    () => {},
  )
  return canvas
}

/** Not `fetch`: a page's policy may not allow it for data URLs. */
function blobOf(url: string): Blob {
  const bytes = atob(url.slice(url.indexOf(',') + 1))
  return new Blob([Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))], { type: 'image/jpeg' })
}
