/** Emphasis beside Chinese, Japanese and Korean text, by the CJK-friendly amendment to CommonMark. */
import { describe, expect, test } from 'vitest'
import { neighbourAfter } from '../../../client/render/parse/inline/neighbour.ts'
import { render } from './examples.ts'

/** The amendment's ranges, of Unicode 16: first and last code point. */
const CJK_RANGES =
  '1100-11ff 20a9-20a9 2329-232a 2630-2637 268a-268f 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-303e 3041-3096 3099-30ff 3105-312f 3131-318e 3190-31e5 31ef-321e 3220-3247 3250-a48c a490-a4c6 a960-a97c ac00-d7a3 d7b0-d7c6 d7cb-d7fb f900-faff fe10-fe19 fe30-fe52 fe54-fe66 fe68-fe6b ff01-ffbe ffc2-ffc7 ffca-ffcf ffd2-ffd7 ffda-ffdc ffe0-ffe6 ffe8-ffee 16fe0-16fe4 16ff0-16ff6 17000-18cd5 18cff-18d1e 18d80-18df2 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b000-1b122 1b132-1b132 1b150-1b152 1b155-1b155 1b164-1b167 1b170-1b2fb 1d300-1d356 1d360-1d376 1f200-1f200 1f202-1f202 1f210-1f219 1f21b-1f22e 1f230-1f231 1f237-1f237 1f23b-1f23b 1f240-1f248 1f260-1f265 20000-3fffd'

test('the characters are those of the amendment', () => {
  const ranges = CJK_RANGES.split(' ').map((range) => range.split('-').map((hex) => Number.parseInt(hex, 16)))
  const inAmendment = (code: number) => ranges.some(([from = 0, to = 0]) => code >= from && code <= to)
  const wrong: string[] = []
  for (let code = 0; code < 0x40000; code++) {
    const character = String.fromCodePoint(code)
    if (/[\p{Cn}\p{Cs}]/u.test(character) && !inAmendment(code)) continue
    if (neighbourAfter(character, 0).cjk !== inAmendment(code)) wrong.push(code.toString(16))
  }
  expect(wrong).toEqual([])
})

describe.each(['*', '**', '***', '~~'])('%s', (sign) => {
  test.each([
    ['含', '「重点」', '内容'],
    ['', '该星号不会被识别。', '这是'],
    ['', '复现：', '123'],
    ['', '（带括号）。', '这个'],
    ['これは', '私のやりたかったこと。', 'だからするの。'],
    ['税込', '¥10,000', 'で入手できます'],
    ['は', '"こんにちわ"', 'と'],
    ['', 'C#', 'や'],
    ['', '真“', '她'],
    ['真', '（她', ''],
    ['真', '【她', ''],
    ['', '스크립트(script)', '라고'],
    ['\u1161', '(a)', ''],
    ['', '(k)', '\u110f'],
    ['𰻞𰻞', '(ビャンビャン)', '麺'],
    ['a', '〰', 'a'],
    // A variation selector of an ideograph, and a general one.
    ['葛\u{e0100}', '(こちら)', '城市'],
    ['大塚\ufe00', '(U+585A)', ''],
    ['', '“\ufe01Git”\ufe01', 'Hub'],
    ['〽\ufe0e', '(庵点)', 'は'],
  ])(`%s${sign}%s${sign}%s`, (before, inside, after) => {
    const markdown = `${before}${sign}${inside}${sign}${after}`
    const [open, close] = TAGS[sign] ?? ['', '']
    const html = `<p>${before}${open}${inside.replaceAll('"', '&quot;')}${close}${after}</p>`
    expect(render([markdown])).toBe(html)
    expect(render(markdown)).toBe(html)
  })

  test.each([
    ['a', '"b"', 'c'],
    ['a', 'a❌', 'a'],
    ['a', '🈯a', 'a'],
    ['a', 'a🈯\ufe0e', 'a'],
    ['a', '𝜵a', 'a'],
  ])(`as ever without such characters: %s${sign}%s${sign}%s`, (before, inside, after) => {
    const markdown = `${before}${sign}${inside}${sign}${after}`
    expect(render([markdown])).toBe(`<p>${markdown.replaceAll('"', '&quot;')}</p>`)
    expect(render(markdown)).toBe(render([markdown]))
  })
})

test.each([
  ['__注意__：注意事項', '<p><strong>注意</strong>：注意事項</p>'],
  ['注意：__注意事項__', '<p>注意：<strong>注意事項</strong></p>'],
  ['正體字。\ufe01_Traditional._', '<p>正體字。\ufe01<em>Traditional.</em></p>'],
  // Between letters `_` is a letter, in every script.
  ['注__意__事', '<p>注__意__事</p>'],
])('%s', (markdown, html) => {
  expect(render([markdown])).toBe(html)
  expect(render(markdown)).toBe(html)
})

const TAGS: Record<string, [string, string]> = {
  '*': ['<em>', '</em>'],
  '**': ['<strong>', '</strong>'],
  '***': ['<em><strong>', '</strong></em>'],
  '~~': ['<del>', '</del>'],
}
