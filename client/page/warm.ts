/** Has the Worker make the caller's object ready while the question is still being thought of. */

/** Not when the page is loaded: most who look at it ask nothing, and a visitor's session is asked for with it. */
const SIGNS_OF_USE = ['focusin', 'pointerdown']

/**
 * At the first sign that the page is going to be used. That it works is of no importance.
 *
 * @param send calls the Worker
 * @param warmed told when there was an answer
 */
export function warmOnce(send: typeof fetch, warmed: () => void): void {
  const detach = new AbortController()
  function warm(): void {
    detach.abort()
    send('/v1/streams').then(
      (response) => {
        // A refusal has a body, which nobody reads.
        response.body?.cancel().catch(() => {})
        warmed()
      },
      () => {},
    )
  }
  for (const sign of SIGNS_OF_USE) addEventListener(sign, warm, { signal: detach.signal })
}
