import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { markOf } from '../../../../client/render/parse/source-marks.ts'
import type { Source } from '../../../../client/stream/stream-format.ts'
import { numberSources } from '../../../../client/widget/responses/cited-sources.ts'
import { spokenSources, withFootnotes } from '../../../../client/widget/responses/source-text.ts'
import { en } from '../../../../client/widget/strings/en.ts'

const file = (title: string, at: number): Source => ({ title, start: at, end: at })

/** The text with `^` where its sources are, and what becomes of it. */
function marked(text: string): string {
  const sources: Source[] = []
  const plain = text.replace(/\^/g, (_, at: number) => {
    sources.push(file('a.md', at - sources.length))
    return ''
  })
  return numberSources(sources).mark(plain, (number) => `{${number}}`)
}

describe('a mark stands', () => {
  test.each([
    ['at its place', 'Word.^ More', 'Word.{1} More'],
    ['at the word before', 'Word. ^More', 'Word.{1} More'],
    ['at the end of the block before', 'Word.\n\n^- more', 'Word.{1}\n\n- more'],
    ['in the cell before', '| a | b |^', '| a | b{1} |'],
    ['behind a link', '[te^xt](https://a.test) b', '[text](https://a.test){1} b'],
    ['behind an address', 'https://a.te^st/b c', 'https://a.test/b{1} c'],
    ['once at one place', 'Word.^^', 'Word.{1}'],
    ['not at the start', '^Word', 'Word'],
    ['not in a block of code', '```\na^\n```\nb', '```\na\n```\nb'],
    ['not behind a fence', '```\na\n```^\nb', '```\na\n```\nb'],
    ['not in code in a line', 'a `b^c` d', 'a `bc` d'],
    ['behind code in a line', 'a `bc`^ d', 'a `bc`{1} d'],
    ['not at a rule', 'a\n\n---^', 'a\n\n---'],
  ])('%s', (_, text, shown) => {
    expect(marked(text)).toBe(shown)
  })

  test('in place of a link that only says where the text is from', () => {
    const text = 'It rains ([a.test](https://a.test/x_(y))). More'
    const source = { title: 'A', url: 'https://a.test/x_(y)', start: 9, end: 41 }
    expect(text.slice(source.start, source.end)).toBe('([a.test](https://a.test/x_(y)))')
    expect(numberSources([source]).mark(text, (number) => `{${number}}`)).toBe('It rains{1}. More')
  })

  test('beyond the text so far at its end', () => {
    expect(numberSources([file('a.md', 99)]).mark('Word', String)).toBe('Word1')
  })

  test('and marks that a model writes are none', () => {
    expect(numberSources([file('a.md', 3)]).mark(`a${markOf(7)}`, (number) => `{${number}}`)).toBe('a{1}')
  })
})

test('sources are numbered in the order of their marks, each once', () => {
  const { list, mark } = numberSources([
    { title: 'Two', url: 'https://b.test', start: 2, end: 4 },
    file('one.md', 2),
    { title: 'Two again', url: 'https://b.test', start: 4, end: 6 },
  ])
  expect(list).toEqual([{ title: 'one.md' }, { title: 'Two', url: 'https://b.test' }])
  expect(mark('aabbcc', (number) => `{${number}}`)).toBe('aa{1}bb{2}cc{2}')
})

test('thousands of sources take no time', () => {
  const text = 'word `code` [a](b) '.repeat(500)
  const sources = Array.from({ length: 200 }, (_, i) => file(`${i}.md`, i * 45))
  expect(numberSources(sources).mark(text, String).length).toBeGreaterThan(text.length)
})

describe('in text', () => {
  // What is an address of the web, a page decides.
  beforeAll(() => void vi.stubGlobal('document', { baseURI: 'https://site.test/' }))
  afterAll(() => void vi.unstubAllGlobals())
  const sources: Source[] = [
    file('guide*.md', 3),
    { title: 'A [page]', url: 'https://www.a.test/x?y', start: 3, end: 7 },
    { title: 'Bad', url: 'javascript:alert(1)', start: 3, end: 7 },
  ]

  test('they are footnotes of Markdown', () => {
    expect(withFootnotes('One two', sources, '2-')).toEqual({
      text: 'One[^2-1] two[^2-2][^2-3]',
      footnotes: '[^2-1]: guide\\*.md\n[^2-2]: [A \\[page\\]](<https://www.a.test/x?y>)\n[^2-3]: Bad',
    })
    expect(withFootnotes('One', [])).toEqual({ text: 'One', footnotes: '' })
  })

  test('they are spoken with their hosts', () => {
    expect(spokenSources(sources, en)).toBe('Sources: 1. guide*.md. 2. A [page], a.test. 3. Bad.')
    expect(spokenSources([], en)).toBe('')
  })
})
