/**
 * How long work takes, in CPU time, which other processes of the machine don't take. A test that asks whether
 * work grows with the square of its input so has the same answer on a busy machine.
 */

/**
 * Of this process: one test file. How it divides into the user's and the system's is only sampled, and a
 * thread's own time is, too.
 *
 * @returns milliseconds
 */
export function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The quickest of five, in milliseconds: garbage collection and compilation come at random. */
export function quickestOfFive(work: () => void): number {
  return Math.min(...Array.from({ length: 5 }, () => cpuTime(work)))
}
