/** That work took too long. */
export const LATE = Symbol('late')

/**
 * Waits for `work`, but no longer than this. The work itself goes on.
 *
 * @param ms milliseconds
 * @returns what `work` resolves to, or `LATE`. Rejects if `work` does in time
 */
export function inTime<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
