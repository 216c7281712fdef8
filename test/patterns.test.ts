/**
 * No regular expression of the Worker or the client takes more than linear time. They are found in the
 * sources, so that a new one is tried without being listed, on texts made of its own characters and words.
 * What upstreams and callers send reaches most of them, and an isolate or a page that is busy with one text
 * does nothing else.
 */
import { globSync, readFileSync } from 'node:fs'
import { parseAst } from 'vite'
import { describe, expect, test } from 'vitest'
import { cpuTime } from './support/cpu-time.ts'

const ROOT = `${import.meta.dirname}/..`

interface Found {
  file: string
  literals: RegExp[]
  /** How many are made at run time, of texts that aren't known here. */
  made: number
}

function patternsOf(file: string): Found {
  const found: Found = { file, literals: [], made: 0 }
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { regex, type, callee } = node as {
      regex?: { pattern: string; flags: string }
      type?: string
      callee?: { name?: string }
    }
    if (regex !== undefined) found.literals.push(new RegExp(regex.pattern, regex.flags))
    if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp') found.made++
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseAst(readFileSync(`${ROOT}/${file}`, 'utf8'), { lang: 'ts' }))
  return found
}

const files = globSync('{worker,client}/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.d.ts'))
const found = files.map((file) => patternsOf(file.replaceAll('\\', '/')))
const patterns = found.flatMap(({ file, literals }) =>
  literals.map((one) => [file, String(one), one] as const),
)

/** Kinds of characters that classes such as `\s` and `\w` stand for. */
const KINDS = [
  ' ',
  '\n',
  '\r\n',
  '\t',
  'a',
  'A',
  '1',
  '0',
  '_',
  '-',
  '.',
  ',',
  '/',
  ':',
  '=',
  '+',
  '%',
  '\\',
  '"',
  'é',
  '[',
]
const PAIRS = [
  'a.',
  '.a',
  'a:',
  ':1',
  '1.',
  '/a',
  'a/',
  'a-',
  'a ',
  ' a',
  'a,',
  ', ',
  'a+',
  '%25',
  '\\u',
  '&#',
  '://',
  'a=',
  '\n ',
  '(a',
  // A member of a list, with space that either the part before or the part after it may take.
  '"a"    ',
]

/** What a list begins with, where a pattern names it. */
const OPENERS = ['[', '{', '(']

/** Words of a pattern that a text begins with: the alternatives of a long list are all alike. */
const MAX_WORDS = 6

/** Texts that repeat one unit, after a word of the pattern or none, and end in what matches nothing. */
function* textsFor({ source }: RegExp, length: number): Generator<string> {
  const words = new Set(source.match(/[a-z\d]{2,}[:;, ./"'=-]?/gi) ?? [])
  const own = new Set(source.replace(/[\\()|?*^$]/g, ''))
  const units = new Set([...KINDS, ...PAIRS, ...own, ...words])
  const openers = OPENERS.filter((opener) => source.includes(`\\${opener}`))
  for (const unit of units) {
    for (const word of ['', ...openers, ...[...words].slice(0, MAX_WORDS)]) {
      const text = (word + unit.repeat(Math.ceil(length / unit.length))).slice(0, length)
      yield text
      yield `${text}\u0001`
    }
  }
}

const LENGTH = 16 * 1024
/**
 * A hundred million steps, as a quadratic pattern would take for such a text, take a hundred times as long.
 */
const SURELY_LINEAR_MS = 1
/** What takes as long is not tried again and again. */
const LONG_MS = 20

/**
 * Work that doubles with each unit would not end at `LENGTH`. So texts grow by a few characters, up to what
 * takes long enough.
 */
const SHORT = [...Array(14)].map((_, step) => 12 + 4 * step)
const SURELY_NOT_DOUBLING_MS = 20

function textWhoseWorkDoubles(pattern: RegExp): string | undefined {
  // Garbage collection may come in between, but not each time.
  const isLong = (text: string) => [1, 2, 3, 4, 5].every(() => time(pattern, text) > SURELY_NOT_DOUBLING_MS)
  for (const length of SHORT) {
    for (const text of textsFor(pattern, length)) if (isLong(text)) return text
  }
  return undefined
}

function time(pattern: RegExp, text: string): number {
  // With `g`, so that every place is tried at which a match could begin.
  const all = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join(''))
  return cpuTime(() => text.replace(all, ''))
}

/**
 * How much longer a text that is four times as long takes: the least of several tries. Where they are short,
 * what the machine does beside them can be most of many.
 */
function growth(pattern: RegExp, text: string): number {
  const quarter = text.slice(0, LENGTH / 4 - 1) + text.slice(-1)
  let [whole, part] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let tries = 0; tries < 50; tries++) {
    whole = Math.min(whole, time(pattern, text))
    part = Math.min(part, time(pattern, quarter))
    if (whole < SURELY_LINEAR_MS || whole <= 5 * part) break
    if (tries === 2 && whole > 10 * part && whole > LONG_MS) break
  }
  return whole < SURELY_LINEAR_MS ? 1 : whole / part
}

test('all are found', () => {
  expect(patterns.length).toBeGreaterThan(200)
  // Those that are made at run time have their own tables: upstreams/clean, and client/render/growth.
  expect(found.flatMap(({ file, made }) => (made > 0 ? [file] : [])).toSorted()).toEqual([
    'client/render/dom/hidden-characters.ts',
    'client/render/parse/citation-marks.ts',
    'client/render/parse/inline/spans.ts',
    'worker/upstreams/clean.ts',
  ])
})

describe('a pattern that is quadratic is noticed', () => {
  test.each([/=+$/, /\s+$/, /\n\s*at /, /a+b/, /(?:\w+,)*;/])('%s', (pattern) => {
    const texts = [...textsFor(pattern, LENGTH)]
    expect(texts.some((text) => time(pattern, text) > SURELY_LINEAR_MS && growth(pattern, text) > 5)).toBe(
      true,
    )
  })
})

const LIST_READ_IN_MANY_WAYS = /^\[(?:\s{0,8}"[^"]*"\s{0,8},?)*\s{0,8}\]?$/

test.each([LIST_READ_IN_MANY_WAYS, /^(?:a+)+$/, /^(?:\s*\w*)*;/])(
  'a pattern whose work doubles is noticed: %s',
  (pattern) => {
    expect(textWhoseWorkDoubles(pattern)).toBeDefined()
  },
)

test.each(patterns)('no work doubles with the length: %s: %s', (_, __, pattern) => {
  expect(textWhoseWorkDoubles(pattern)).toBeUndefined()
})

describe('four times the text takes at most five times as long', () => {
  test.each(patterns)('%s: %s', (_, __, pattern) => {
    for (const text of textsFor(pattern, LENGTH)) {
      if (time(pattern, text) < SURELY_LINEAR_MS) continue
      expect([text.slice(0, 40), growth(pattern, text)]).toEqual([
        text.slice(0, 40),
        expect.toSatisfy((it) => it <= 5),
      ])
    }
  })
})
