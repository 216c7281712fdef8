import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonMistake } from '../../worker/protocol/json-mistake.ts'
import { cpuTime } from '../support/cpu-time.ts'

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test.each([
  ['{"a": 1,}', 'line 1, column 9 (position 8): no comma may stand before }'],
  ['[1, 2,\n]', 'line 2, column 1 (position 7): no comma may stand before ]'],
  ["{'a': 1}", 'line 1, column 2 (position 1): strings and names stand in double quotes'],
  ['{"a": \'b\'}', 'line 1, column 7 (position 6): strings and names stand in double quotes'],
  ['{a: 1}', 'line 1, column 2 (position 1): a name in double quotes or } is expected, not a'],
  ['{"a": 1, b: 2}', 'line 1, column 10 (position 9): a name in double quotes is expected, not b'],
  ['{"a" 1}', 'line 1, column 6 (position 5): a colon is expected, not 1'],
  [
    '{\n  "a": 1\n  "b": 2\n}',
    'line 3, column 3 (position 13): a comma or the closing bracket is expected, not "',
  ],
  ['{"a": [1}', 'line 1, column 9 (position 8): a comma or the closing bracket is expected, not }'],
  ['{"a": undefined}', 'line 1, column 7 (position 6): a value is expected, not u'],
  ['{"a": "x\ny"}', 'line 1, column 9 (position 8): a line break in a string is written as \\n'],
  ['{"a": "x\ty"}', 'line 1, column 9 (position 8): the character U+0009 has to be escaped in a string'],
  ['{"a": "C:\\dir"}', 'line 1, column 10 (position 9): a backslash in a string is written as \\\\'],
  ['{"a": "b}', 'line 1, column 7 (position 6): the string that begins here is not closed'],
  ['{"a": 1', 'line 1, column 8 (position 7): the text ends before it is complete'],
  ['', 'line 1, column 1 (position 0): the text ends before it is complete'],
  ['{} {}', 'line 1, column 4 (position 3): the text should end, not {'],
  ['{"a": 01}', 'line 1, column 8 (position 7): a comma or the closing bracket is expected, not 1'],
  ['{"a":\u00a01}', 'line 1, column 6 (position 5): a value is expected, not U+00A0'],
])('%j', (text, mistake) => {
  expect(isJson(text)).toBe(false)
  expect(jsonMistake(text)).toBe(mistake)
})

describe('agrees with the parser', () => {
  const cut = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]",:\\x0 \n\'', ''))

  test('on JSON, and on JSON with one character changed', () => {
    fc.assert(
      fc.property(cut, ([json, place, sign]) => {
        const at = place % (json.length + 1)
        for (const text of [json, json.slice(0, at), json.slice(0, at) + sign + json.slice(at + 1)]) {
          expect(jsonMistake(text) === undefined, text).toBe(isJson(text))
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test('tells of a text no more than one character', () => {
  const secret = 'sk-9f8e7d6c5b4a'
  for (const text of [
    `{"key": ${secret}}`,
    `{${secret}: 1}`,
    `{"key": "${secret}`,
    `"${secret}" ${secret}`,
  ]) {
    expect(jsonMistake(text)).not.toContain(secret.slice(0, 4))
  }
})

test('walks the largest body in linear time, also a string, a number or brackets alone', () => {
  const size = 4 * 1024 * 1024
  const took = cpuTime(() => {
    for (const sign of ['"', '1', '[', '\\', ' ']) jsonMistake(`"${sign.repeat(size)}`)
    for (const sign of ['1', '[', ' ', '[[],']) jsonMistake(sign.repeat(size / sign.length))
  })
  expect(took).toBeLessThan(5000)
})
