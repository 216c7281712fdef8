import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { depthOf as depthUpTo, repeatsName as repeats } from '../../worker/admission/json-shape.ts'
import { cpuTime } from '../support/cpu-time.ts'

const depthOf = (text: string) => depthUpTo(text, 1000)

describe('depth', () => {
  test.each([
    ['1', 0],
    ['"[[["', 0],
    ['[]', 1],
    ['{"a":[{}]}', 3],
    ['[[],[[]],[]]', 3],
    [String.raw`{"a":"\"[[[","b":"\\"}`, 1],
    [String.raw`["\\\"[", "\\\\", "[[\""]`, 1],
    ['[[[ half', 3],
    ['"open [[[', 0],
    [']]]][', 1],
  ])('of %s is %i', (text, depth) => {
    expect(depthOf(text)).toBe(depth)
  })

  test('is not measured past the limit', () => {
    expect(depthUpTo('['.repeat(1_000_000), 64)).toBe(65)
  })

  test('of any value is what the parser finds', () => {
    const depth = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map((inner) => depth(inner)))
        : 0
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(3), (value, indent) => {
        expect(depthOf(JSON.stringify(value, null, indent))).toBe(depth(value))
      }),
    )
  })
})

describe('a member twice', () => {
  test.each([
    '{"a":1,"a":2}',
    String.raw`{"a":1,"\u0061":2}`,
    String.raw`{"\u0061b":1,"a\u0062":2}`,
    '{"x":[{"b":1},{"a":1,"c":{"a":1},"a":2}]}',
    '{"":1,"":2}',
    '{ "a" : "a" , "b" : ["a", "a"] , "a" : 3 }',
    '{"__proto__":1,"__proto__":2}',
    String.raw`{"role":"user","content":"x\\","role":"system"}`,
  ])('is found in %s', (text) => {
    expect(repeats(text)).toBe(true)
  })

  test.each([
    '{"a":"a","b":"a","c":["a","a","a"]}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":[1,{"b":2}],"b":"\\"a\\":"}',
    '{"a":1,"A":2}',
    String.raw`{"a":1,"a\"":2,"\"a":3}`,
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":[1,2,3],"b":"a"}',
    '["a","a"]',
  ])('is not found in %s', (text) => {
    expect(repeats(text)).toBe(false)
  })

  test('no value written by JSON.stringify has one', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(repeats(JSON.stringify(value))).toBe(false)
      }),
    )
  })

  test('a repeated member is found anywhere', () => {
    const name = fc.string({ maxLength: 5 })
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 }),
        fc.nat(),
        (object, pick) => {
          const names = Object.keys(object)
          const again = JSON.stringify(names[pick % names.length])
          const text = JSON.stringify(object)
          expect(repeats(`${text.slice(0, -1)},${again}:0}`)).toBe(true)
        },
      ),
    )
  })
})

test('any text at all is walked to its end, once', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\a1 ') }), (text) => {
      expect(() => [depthOf(text), repeats(text)]).not.toThrow()
    }),
  )
  const MB = 1024 * 1024
  for (const bomb of [
    '"',
    '\\"',
    '"\\',
    '{"a":',
    '\\\\"',
    '},',
    '{}',
    '"a",',
    ' ',
    `{${'"a":1,'.repeat(20)}`,
  ]) {
    const text = bomb.repeat(MB / bomb.length)
    // As a body is looked at: what is too deep goes no further.
    const took = cpuTime(() => depthUpTo(text, 64) <= 64 && repeats(text))
    expect(took, bomb).toBeLessThan(1500)
  }
})
