/** Has the Worker make the caller's object ready while the question is still being thought of. */
import { accessHeaders } from './access-key.ts'

/** Not when the page is loaded: most who look at it ask nothing. */
const SIGNS_OF_USE = ['focusin', 'pointerdown']

/** At the first sign that the page is going to be used. That it works is of no importance. */
export function warmOnce(): void {
  const detach = new AbortController()
  function warm(): void {
    detach.abort()
    fetch('/v1/streams', { headers: accessHeaders() }).catch(() => {})
  }
  for (const sign of SIGNS_OF_USE) addEventListener(sign, warm, { signal: detach.signal })
}
