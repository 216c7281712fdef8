/** An answer that waits in the middle until it is told to go on. */
import { end, inOrder, type Script, send } from './script.ts'
import { begun } from './scripts.ts'
import { DONE_EVENT, delta, finish, role } from './sse.ts'

/**
 * @example
 *   const { script, go } = heldAnswer('One ', 'two.')
 *   upstream.next(script)
 *   …the page shows "One "…
 *   go()
 */
export function heldAnswer(before: string, after: string): { script: Script; go(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const script = inOrder(
    begun([role(), ...(before && [delta(before)])]),
    ({ signal }) =>
      Promise.race([promise, new Promise<void>((gone) => signal.addEventListener('abort', () => gone()))]),
    send(delta(after), finish(), DONE_EVENT),
    end,
  )
  return { script, go: resolve }
}
