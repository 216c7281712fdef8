import { expect, test } from 'vitest'
import { EXAMPLES, normalize, READ_OTHERWISE, render, SHOWN_OTHERWISE } from './examples.ts'

const right = EXAMPLES.filter(({ number }) => !(number in READ_OTHERWISE))
const exceptions = { ...READ_OTHERWISE, ...SHOWN_OTHERWISE }

test('of the examples without raw HTML, at least 97 % come out right', () => {
  expect(EXAMPLES.length).toBeGreaterThan(550)
  const share = 1 - Object.keys(exceptions).length / EXAMPLES.length
  expect(share).toBeGreaterThanOrEqual(0.97)
})

test.each(right)('example $number of CommonMark, “$section”', ({ markdown, html }) => {
  expect(normalize(render([markdown]))).toBe(normalize(html))
  expect(normalize(render(markdown))).toBe(normalize(html))
})

test('what is read otherwise is', () => {
  for (const { number, markdown, html } of EXAMPLES) {
    if (!(number in READ_OTHERWISE)) continue
    expect(normalize(render([markdown]))).not.toBe(normalize(html))
    expect(render(markdown)).toBe(render([markdown]))
  }
})

test('the exceptions are listed for readers', async () => {
  const listed = EXAMPLES.filter(({ number }) => number in exceptions)
  const inCode = (markdown: string) => {
    const text = markdown.trim().replaceAll('\n', ' ⏎ ').replaceAll('|', '\\|')
    return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
  }
  const rows = listed.map(
    ({ number, section, markdown }) =>
      `| ${number} | ${section} | ${inCode(markdown)} | ${exceptions[number]} |`,
  )
  const list = `# CommonMark’s examples that come out otherwise

${EXAMPLES.length} of the 652 examples of CommonMark 0.31.2 are without raw HTML (which is shown as text). Of these, ${EXAMPLES.length - listed.length}
become the same elements in a page, whole and character by character alike. The others, as
\`test/client/render/spec.test.ts\` writes them down:

| example | section | Markdown | why |
|---|---|---|---|
${rows.join('\n')}

What no example has is read otherwise, too:

- **Chinese, Japanese and Korean**: emphasis follows the [CJK-friendly
  amendment](https://github.com/tats-u/markdown-cjk-friendly/blob/main/specification.md), and so does
  strikethrough.
- **A block of Markdown in fences** keeps the blocks in it that name their language. CommonMark ends it where
  the first of these ends.
- **\`<br>\` in a table’s cell** breaks the line. All other HTML is text.
- **Strikethrough** takes two tildes. GitHub takes one, too.
- **Footnotes** are GitHub’s, with two differences: one without a reference is shown, and so is a second one of
  the same label.
- **OpenAI’s citation marks** (U+E200 to U+E202 and what is between them) are left out.
`
  await expect(list).toMatchFileSnapshot('../../../docs/markdown-exceptions.md')
})
