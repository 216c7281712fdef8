import { expect, test } from 'vitest'
import { strings as ar } from '../../../client/widget/strings/ar.ts'
import { strings as de } from '../../../client/widget/strings/de.ts'
import { en } from '../../../client/widget/strings/en.ts'
import { strings as ja } from '../../../client/widget/strings/ja.ts'
import type { Language } from '../../../client/widget/strings/load-strings.ts'
import { untilLine } from '../../../client/widget/strings/until-line.ts'

/** The visitor's own time: the machine's time zone is as good as any. */
const at = (hour: number, minute = 0) => new Date(2026, 10, 29, hour, minute).getTime()
const HOUR = 3_600_000
const STRINGS = { en, de, ja, ar }

test.each<[keyof typeof STRINGS & Language, number, number, 'h12' | 'h23', string]>([
  ['en', at(20), 2 * HOUR, 'h23', 'You can ask again from 22:00.'],
  ['en', at(20), 6 * HOUR, 'h23', 'You can ask again tomorrow from 02:00.'],
  ['en', at(20), 6 * HOUR, 'h12', 'You can ask again tomorrow from 2:00 AM.'],
  ['en', at(20), 4 * HOUR, 'h23', 'You can ask again tomorrow from 00:00.'],
  // A whole number of seconds, which ends a little late.
  ['en', at(20), 2 * HOUR + 900, 'h23', 'You can ask again from 22:00.'],
  ['en', at(20), 0, 'h23', 'Try again tomorrow.'],
  ['en', at(20), 99 * HOUR, 'h23', 'Try again tomorrow.'],
  ['de', at(20), 6 * HOUR, 'h23', 'Sie können morgen ab 02:00 wieder fragen.'],
  ['ja', at(20), 6 * HOUR, 'h23', '明日の2:00からまた質問できます。'],
  ['ar', at(20), 6 * HOUR, 'h12', 'يمكنك السؤال من جديد غدًا ابتداءً من الساعة \u20682:00 ص\u2069.'],
])('%s: asked at %i to wait %i ms, by %s', (language, now, wait, cycle, line) => {
  expect(untilLine(wait, language, STRINGS[language], now, cycle).replace('\u202f', ' ')).toBe(line)
})
