/** What is heard, at the place of the caret. */
import { describe, expect, test } from 'vitest'
import { insertSpoken } from '../../../../client/widget/dictation/insert-spoken.ts'

/** A text area, as far as it is used; `|` is its caret, and two of them a selection. */
function boxOf(marked: string) {
  const [start = 0, end = start + 1] = [...marked.matchAll(/\|/g)].map(({ index }) => index)
  const box = {
    value: marked.replaceAll('|', ''),
    selectionStart: start,
    selectionEnd: marked.split('|').length > 2 ? end - 1 : start,
    told: 0,
    setSelectionRange(from: number, to: number) {
      box.selectionStart = from
      box.selectionEnd = to
    },
    dispatchEvent: () => ++box.told > 0,
  }
  return box
}
const marked = ({ value, selectionStart: at }: ReturnType<typeof boxOf>) =>
  `${value.slice(0, at)}|${value.slice(at)}`

test.each([
  ['|', 'en', ['why'], 'why|'],
  ['|', 'en', ['why', 'why is', ' why is it '], 'why is it|'],
  ['Tell me|', 'en', ['why'], 'Tell me why|'],
  ['Tell me |', 'en', ['why'], 'Tell me why|'],
  ['Tell me|', 'en', ['?'], 'Tell me?|'],
  ['Tell |me', 'en', ['only'], 'Tell only| me'],
  ['|is it?', 'en', ['why'], 'why| is it?'],
  ['Tell |you| why', 'en', ['me'], 'Tell me| why'],
  ['水|', 'ja', ['車'], '水車|'],
  ['水|', 'zh-TW', ['車'], '水車|'],
  ['Eins|', 'de-AT', ['zwei', 'drei'], 'Eins drei|'],
])('into %j, in %s: %j makes %j', (before, language, heard, after) => {
  const box = boxOf(before)
  const write = insertSpoken(box as never, language)
  for (const text of heard) write(text)
  expect(marked(box)).toBe(after)
  expect(box.told).toBe(heard.length)
})

describe('nothing heard', () => {
  test('leaves the box as it was, but for what was selected', () => {
    const box = boxOf('Tell |me|')
    insertSpoken(box as never, 'en')('')
    expect(marked(box)).toBe('Tell |')
  })
})
