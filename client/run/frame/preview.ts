/**
 * Shows a page of HTML, or what a script makes of an empty one, in a frame inside of this frame. Two
 * frames, because of the policy: a document's own does not keep it from going elsewhere, but that of the
 * document around it does.
 */
import { readPreview, type Start } from '../messages.ts'
import type { Output } from './output.ts'
import { prepare, type TrustedTypesWindow, withoutFrames } from './preview-window.ts'

/** A page that is as high as its window has no height of its own. */
const MIN_HEIGHT = 40
const MAX_HEIGHT = 2_000

/** @returns a function that ends it */
export function showPreview({ kind, code, words }: Start, output: Output, ended: () => void): () => void {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.title = words.preview
  frame.style.height = `${MIN_HEIGHT}px`

  function hear({ source, data }: MessageEvent): void {
    const said = source === frame.contentWindow ? readPreview(data) : undefined
    if (said?.type === 'height')
      frame.style.height = `${Math.min(Math.max(said.height, MIN_HEIGHT), MAX_HEIGHT)}px`
    if (said?.type === 'text' && !output.write(said.kind, said.text)) end(words.tooMuch)
  }

  function end(said: string): void {
    removeEventListener('message', hear)
    frame.remove()
    output.setStatus(said)
    ended()
  }

  addEventListener('message', hear)
  // The policy asks for one: it holds inside of the preview.
  const { trustedTypes } = window as TrustedTypesWindow
  trustedTypes?.createPolicy('default', { createHTML: (html) => html })
  frame.srcdoc = documentOf(kind, code)
  output.setStatus('')
  output.add(frame)
  return () => end(words.stopped)
}

/** All that is put before the code is on its first line, so that the lines of errors are the code's. */
function documentOf(kind: Start['kind'], code: string): string {
  const start = `<!doctype html><meta charset="utf-8"><script>(${prepare})(${withoutFrames})</script>`
  if (kind === 'html') return start + withoutFrames(code)
  return `${start}<body><script type="module">${code.replaceAll('</script', '<\\/script')}</script>`
}
