import type { Strings } from './en.ts'
import { fill } from './fill.ts'

type Units = Pick<Strings, 'seconds' | 'minutes' | 'minutesSeconds' | 'hours' | 'hoursMinutes'>

/** Formats a remaining wait, in English as `45 s`, `4 min 05 s`, `42 min`, `5 h 12 min`. */
export function waitLine(ms: number, strings: Units): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return fill(strings.seconds, { seconds })
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 10) {
    return fill(strings.minutesSeconds, {
      minutes: Math.floor(seconds / 60),
      seconds: String(seconds % 60).padStart(2, '0'),
    })
  }
  if (minutes < 60) return fill(strings.minutes, { minutes })
  const hours = Math.floor(minutes / 60)
  const rest = minutes % 60
  return rest === 0 ? fill(strings.hours, { hours }) : fill(strings.hoursMinutes, { hours, minutes: rest })
}
