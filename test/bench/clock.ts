/** Milliseconds of a clock that all processes of a machine share: `performance.now()` begins anew in each. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
