/** Formats numbers for display. */

/** Formats a time: `0.93 s`, `36.4 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** Formats a whole number: `20,000`. */
export function thousands(count: number): string {
  // Not `toLocaleString`: its first call takes 20 ms, and four times that on a slow phone.
  return String(count).replace(/\B(?=(\d{3}){1,5}$)/g, ',')
}
