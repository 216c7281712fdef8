import { describe, expect, test } from 'vitest'
import { markOf, withoutMarks } from '../../../client/render/parse/source-marks.ts'
import { render } from './examples.ts'

const ONE = markOf(1)
const M = '<sup class="mark">1</sup>'

describe('a mark changes nothing around it', () => {
  test.each([
    ['behind a word', `Word${ONE} and`, `<p>Word${M} and</p>`],
    ['behind emphasis that ends with a stop', `**Bold.**${ONE} and`, `<p><strong>Bold.</strong>${M} and</p>`],
    ['in emphasis', `*a${ONE}* b`, `<p><em>a${M}</em> b</p>`],
    ['before emphasis', `a${ONE}**b**`, `<p>a${M}<strong>b</strong></p>`],
    [
      'behind an address',
      `https://a.test/b${ONE} c`,
      `<p><a href="https://a.test/b">https://a.test/b</a>${M} c</p>`,
    ],
    ['behind a link', `[a](https://a.test)${ONE}`, `<p><a href="https://a.test">a</a>${M}</p>`],
    ['in a heading', `# Title${ONE}\n\nText`, `<h1>Title${M}</h1><p>Text</p>`],
    ['in a list', `- a${ONE}\n- b`, `<ul><li>a${M}</li><li>b</li></ul>`],
    [
      'in a table',
      `| a |\n|---|\n| b${ONE} |`,
      `<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b${M}</td></tr></tbody></table>`,
    ],
    ['beside another', `a.${ONE}${markOf(1023)}`, `<p>a.${M}<sup class="mark">1023</sup></p>`],
  ])('%s', (_, markdown, html) => {
    expect(render([markdown])).toBe(html)
    // Byte by byte, also in the middle of the mark.
    expect(render(Array.from({ length: markdown.length }, (_, at) => markdown.charAt(at)))).toBe(html)
  })
})

test('what only looks like a mark to a machine stays text', () => {
  for (const text of ['\u{10f400}', '\u{10efff}', '\ud83c\udf89']) {
    expect(withoutMarks(text)).toBe(text)
    expect(render([`a${text}b`])).toBe(`<p>a${text}b</p>`)
  }
  expect(withoutMarks(`a${ONE}b${markOf(1023)}`)).toBe('ab')
})
