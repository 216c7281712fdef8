/**
 * A picture file as it is sent: a JPEG of at most a megapixel. It is drawn anew, so only what is seen is
 * sent: no place, no camera's name.
 */
import type { ShownPicture } from '../talk/conversation.ts'

/** Models scale larger ones down. */
const MAX_PIXELS = 1_000_000
/** Some browsers draw no wider canvas. */
const MAX_SIDE = 4096
/** A photograph of a phone has a tenth of it. Decoding a larger file may take all memory that a page has. */
const MAX_FILE_BYTES = 50_000_000
/** Of its data URL. With four of them, a question is within what a visitor may send (docs/PROTOCOL.md). */
const MAX_URL_CHARS = 700_000
/** A picture that is too large with one is tried with the next. */
const QUALITIES = [0.85, 0.7, 0.5]

/** The name of the text that says why a file can't be sent. */
export type PictureProblem = 'pictureUnreadable' | 'pictureTooLarge'

export async function scalePicture(file: Blob): Promise<ShownPicture | PictureProblem> {
  if (file.size > MAX_FILE_BYTES) return 'pictureTooLarge'
  // Turned as the camera was held. Of an animation, this is the first picture.
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (!bitmap) return 'pictureUnreadable'
  const canvas = document.createElement('canvas')
  const scale = Math.min(
    1,
    Math.sqrt(MAX_PIXELS / (bitmap.width * bitmap.height)),
    MAX_SIDE / Math.max(bitmap.width, bitmap.height),
  )
  canvas.width = Math.max(1, Math.floor(bitmap.width * scale))
  canvas.height = Math.max(1, Math.floor(bitmap.height * scale))
  const { width, height } = canvas
  draw(canvas, bitmap)
  for (const quality of QUALITIES) {
    const url = canvas.toDataURL('image/jpeg', quality)
    if (!url.startsWith('data:image/jpeg')) return 'pictureUnreadable'
    if (url.length <= MAX_URL_CHARS) return { url, width, height }
  }
  return 'pictureTooLarge'
}

/** Fills a canvas with a picture. What is transparent becomes white: in a JPEG it would be black. */
export function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const context = canvas.getContext('2d')
  if (context) {
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.imageSmoothingQuality = 'high'
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  }
  bitmap.close()
}
