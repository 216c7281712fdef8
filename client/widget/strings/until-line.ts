import type { Strings } from './en.ts'
import type { Language } from './load-strings.ts'

type Words = Pick<Strings, 'tomorrow' | 'fromTime' | 'fromTimeTomorrow'>

const MINUTE = 60_000

/**
 * Says when a day's limit is over, in the visitor's time zone: `You can ask again tomorrow from 02:00.`
 *
 * @param waitMs 0 if the server has not said when
 * @param hourCycle the visitor's own: `02:00`, or `2:00 AM`
 */
export function untilLine(
  waitMs: number,
  language: Language,
  strings: Words,
  now = Date.now(),
  hourCycle = new Intl.DateTimeFormat([], { hour: 'numeric' }).resolvedOptions().hourCycle,
): string {
  // Servers tell whole seconds, so a limit that ends at midnight may seem to end a second later.
  const until = new Date(Math.round((now + waitMs) / MINUTE) * MINUTE)
  const midnight = new Date(now)
  midnight.setHours(24, 0, 0, 0)
  const isTomorrow = until >= midnight
  midnight.setDate(midnight.getDate() + 1)
  if (waitMs <= 0 || until >= midnight) return strings.tomorrow
  const form = { timeStyle: 'short', numberingSystem: 'latn', ...(hourCycle && { hourCycle }) } as const
  const time = until.toLocaleTimeString(language, form)
  return (isTomorrow ? strings.fromTimeTomorrow : strings.fromTime).replace('{time}', () => time)
}
