import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Run, separateHidden } from '../../../client/render/dom/hidden-characters.ts'
import { codePointName } from '../../../worker/protocol/code-point.ts'

/** The text as it is shown, with signs in brackets. */
function shown(parts: string[]): string {
  const runs = separateHidden()
  return [...parts.flatMap((part) => runs.push(part)), ...runs.end()].map(asText).join('')
}

const asText = (run: Run) => (typeof run === 'string' ? run : `[${codePointName(run)}]`)

/** Cut in two at each place, and between all code units. */
function cutAnywhere(text: string): string[][] {
  const halves = Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)])
  return [...halves, text.split('')]
}

/** From code points: none of them should stand in a source unseen. */
const chars = (...points: number[]) => String.fromCodePoint(...points)

describe('a character that is not seen', () => {
  test.each<[string, number[]]>([
    ['signs of direction', [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]],
    ['marks of direction', [0x200e, 0x200f, 0x61c]],
    ['zero-width spaces and joiners', [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0x34f, 0x180e]],
    ['controls', [0x01, 0x07, 0x08, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f]],
    ['tags', [0xe0001, 0xe0020, 0xe0041, 0xe007f]],
    ['variation selectors', [0xfe00, 0xfe0e, 0xfe0f, 0xe0100, 0xe01ef, 0x180b]],
    ['the soft hyphen', [0xad]],
    ['fillers, which may be names in JavaScript', [0x115f, 0x1160, 0x3164, 0xffa0]],
    ['invisible operators', [0x2061, 0x2064, 0x206a, 0x206f]],
    ['line separators', [0x2028, 0x2029]],
    ['annotations', [0xfff9, 0xfffa, 0xfffb]],
  ])('is shown as a sign: %s', (_, points) => {
    for (const point of points) {
      for (const parts of cutAnywhere(`a${chars(point)}b`))
        expect(shown(parts)).toBe(`a[${codePointName(point)}]b`)
      expect(shown([chars(point)])).toBe(`[${codePointName(point)}]`)
    }
  })

  test.each([
    ['a tab and a line feed', 'if a:\n\tb\n'],
    ['letters of any script', 'naïve ж 漢字 العربية हिन्दी ไทย'],
    ['a joiner in Persian', chars(0x645, 0x6cc, 0x200c, 0x62e, 0x648, 0x627, 0x647, 0x645)],
    ['a joiner in Hindi', chars(0x915, 0x94d, 0x200d, 0x937)],
    ['a joiner in Sinhala', chars(0xdc1, 0xdca, 0x200d, 0xdbb, 0xdd3)],
    ['a family', chars(0x1f468, 0x200d, 0x1f469, 0x200d, 0x1f467)],
    ['a family of one colour', chars(0x1f469, 0x1f3fd, 0x200d, 0x1f4bb)],
    ['a heart on fire', chars(0x2764, 0xfe0f, 0x200d, 0x1f525)],
    ['a keycap', chars(0x31, 0xfe0f, 0x20e3)],
    ['a flag', chars(0x1f1e9, 0x1f1ea)],
    ['no-break and wide spaces', `a${chars(0xa0)}b${chars(0x3000)}c`],
  ])('is none of these: %s', (_, text) => {
    for (const parts of cutAnywhere(text)) expect(shown(parts)).toBe(text)
  })

  test.each([
    ['a joiner between Latin letters', [0x61, 0x200d, 0x62], 'a[U+200D]b'],
    [
      'two joiners between letters that need one',
      [0x645, 0x200c, 0x200c, 0x645],
      '\u0645[U+200C][U+200C]\u0645',
    ],
    ['a joiner after the last letter', [0x645, 0x200d, 0x22], '\u0645[U+200D]"'],
    ['a joiner after a figure', [0x31, 0xfe0f, 0x200d, 0x31], '1[U+FE0F][U+200D]1'],
    [
      'data in selectors after a face',
      [0x1f600, 0xfe0f, 0xfe01, 0xe0168],
      '\u{1f600}\ufe0f[U+FE01][U+E0168]',
    ],
    ['a flag with a message', [0x1f3f4, 0xe0068, 0xe0069], '\u{1f3f4}[U+E0068][U+E0069]'],
  ])('is shown where nothing needs it: %s', (_, points, expected) => {
    for (const parts of cutAnywhere(chars(...points))) expect(shown(parts)).toBe(expected)
  })

  test('and nothing else is lost or changed, however the text is cut', () => {
    const unit = fc.oneof(
      fc.constantFrom(
        ...[0x61, 0x645, 0x200d, 0x200c, 0xfe0f, 0x1f468, 0xe0041, 0x31, 0x20e3].map((p) => chars(p)),
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constant('\ud800'),
    )
    fc.assert(
      fc.property(fc.array(fc.array(unit).map((units) => units.join(''))), (parts) => {
        const runs = separateHidden()
        const all = [...parts.flatMap((part) => runs.push(part)), ...runs.end()]
        const whole = all.map((run) => (typeof run === 'string' ? run : chars(run))).join('')
        expect(whole).toBe(parts.join(''))
        expect(all.map(asText).join('')).toBe(shown([parts.join('')]))
      }),
    )
  })
})
