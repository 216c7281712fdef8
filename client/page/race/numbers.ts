/** Formats numbers for display. */
import { en } from '../../widget/strings/en.ts'
import { thousands as inLanguage } from '../../widget/view/speed-line.ts'

/** Formats a time: `0.93 s`, `36.4 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** Formats a whole number: `20,000`. The page is in English. */
export const thousands = (count: number): string => inLanguage(count, en)
