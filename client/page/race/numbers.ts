/** Numbers as they are read. */

/** A time: `0.93 s`, `36.4 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** A whole number: `20,000`. */
export function thousands(count: number): string {
  // Not `toLocaleString`: its first use alone takes 20 ms, four times that on a slow phone.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
