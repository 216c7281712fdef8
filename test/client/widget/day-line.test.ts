import { expect, test } from 'vitest'
import { dayLine } from '../../../client/widget/strings/day-line.ts'

const at = (text: string) => new Date(text).getTime()
const NOW = at('2026-11-29T10:00')

test.each([
  ['2026-11-29T23:59', 'Today'],
  ['2026-11-29T00:00', 'Today'],
  ['2026-11-28T23:59', 'Yesterday'],
  ['2026-11-27T12:00', 'Friday, November 27'],
  ['2026-01-02T12:00', 'Friday, January 2'],
  ['2025-12-31T12:00', 'Wednesday, December 31, 2025'],
  ['2026-11-30T00:00', 'Monday, November 30'],
])('%s is %s', (time, line) => {
  expect(dayLine(at(time), NOW, 'en')).toBe(line)
})

test.each([
  ['de', 'Heute', 'Gestern', 'Freitag, 27. November'],
  ['fr', 'Aujourd’hui', 'Hier', 'Vendredi 27 novembre'],
  ['tr', 'Bugün', 'Dün', '27 Kasım Cuma'],
  ['ja', '今日', '昨日', '11月27日金曜日'],
  ['zh-Hant', '今天', '昨天', '11月27日星期五'],
  ['ar', 'اليوم', 'أمس', 'الجمعة، 27 نوفمبر'],
])('in %s', (language, ...lines) => {
  const days = ['29', '28', '27'].map((day) => dayLine(at(`2026-11-${day}T09:00`), NOW, language))
  expect(days).toEqual(lines)
})
