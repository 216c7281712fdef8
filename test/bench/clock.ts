/**
 * Milliseconds of a clock that all processes of a machine share. `performance.now()` starts at 0 in each
 * process.
 */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
