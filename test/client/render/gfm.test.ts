import { describe, expect, test } from 'vitest'
import { render } from './examples.ts'

/** Whole and character by character. */
function check(markdown: string, html: string): void {
  expect(render([markdown])).toBe(html)
  expect(render(markdown)).toBe(html)
}

describe('tables', () => {
  test('have a header, a row of dashes and rows', () => {
    check(
      '| a | b |\n| - | :-: |\n| 1 | 2\n3 | *4* | 5\n\nend',
      '<table><thead><tr><th>a</th><th align="center">b</th></tr></thead><tbody><tr><td>1</td><td align="center">2</td></tr>' +
        '<tr><td>3</td><td align="center"><em>4</em></td></tr></tbody></table><p>end</p>',
    )
  })

  test('need no pipes at their sides, and may follow a line of text', () => {
    check(
      'text\na | b\n--|--:\n1 | 2',
      '<p>text</p><table><thead><tr><th>a</th><th align="right">b</th></tr></thead><tbody><tr><td>1</td><td align="right">2</td></tr></tbody></table>',
    )
  })

  test('are none without as many dashes as cells', () => {
    check('| a | b |\n| - |\n| c |', '<p>| a | b |\n| - |\n| c |</p>')
    check('a\n-', '<h2>a</h2>')
    check('a | b\n- | c', '<p>a | b</p><ul><li>| c</li></ul>')
  })

  test('have cells in which a pipe is escaped, in code too', () => {
    check(
      '| a |\n|-|\n| \\| `b\\|c` |',
      '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>| <code>b|c</code></td></tr></tbody></table>',
    )
  })

  test('are none without any cell', () => {
    check('Request\n|\n|\nv\nServer', '<p>Request\n|\n|\nv\nServer</p>')
  })

  test('keep what stands before a line separator of Unicode', () => {
    const row = '<tr><td>x \\\u2028y</td><td>z</td></tr>'
    check(
      'a|b\n-|-\nx \\\u2028y | z',
      `<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>${row}</tbody></table>`,
    )
  })

  test('are given the cells that rows leave out, but not any number of them', () => {
    const columns = 500
    const rows = 300
    const html = render([`${'a|'.repeat(columns)}\n${'-|'.repeat(columns)}\n${'b\n'.repeat(rows)}`])
    expect(html.match(/<tr>/g)).toHaveLength(1 + rows)
    expect(html.match(/<td>b<\/td>/g)).toHaveLength(rows)
    expect(html.match(/<td>/g)?.length).toBeLessThan(20_000)
  })

  test('have cells in which `<br>` breaks the line, and other tags are text', () => {
    const row =
      '<tr><td>a<br />b<br /><strong>c<br />d</strong></td><td>&lt;br x&gt; <code>&lt;br&gt;</code> &lt;b&gt;</td></tr>'
    check(
      '|x|y|\n|-|-|\n|a<br>b<BR />**c<br/>d**|<br x> `<br>` <b>|',
      `<table><thead><tr><th>x</th><th>y</th></tr></thead><tbody>${row}</tbody></table>`,
    )
    check('a<br>b', '<p>a&lt;br&gt;b</p>')
  })

  test('end with another block', () => {
    check(
      '|a|\n|-|\n> b',
      '<table><thead><tr><th>a</th></tr></thead></table><blockquote><p>b</p></blockquote>',
    )
    check('- |a|\n  |-|\n\nb', '<ul><li><table><thead><tr><th>a</th></tr></thead></table></li></ul><p>b</p>')
  })
})

test('tasks', () => {
  check(
    '- [ ] a\n- [x] b\n- [X]c\n- d',
    '<ul><li><input disabled="" type="checkbox"> a</li><li><input checked="" disabled="" type="checkbox"> b</li><li>[X]c</li><li>d</li></ul>',
  )
  check('[x] a', '<p>[x] a</p>')
})

test('strikethrough', () => {
  check('~~a~~ ~~~c~~~', '<p><del>a</del> ~~~c~~~</p>')
  check('~~a~ and 5~10, 3~4', '<p>~~a~ and 5~10, 3~4</p>')
  check('(~$1.50) and (~$10), ~example~', '<p>(~$1.50) and (~$10), ~example~</p>')
})

describe('a block of Markdown', () => {
  const block = (inner: string) => `<pre><code class="language-markdown">${inner}</code></pre>`

  test.each([
    [
      'holds blocks that name their language',
      '```markdown\n# a\n```json\n{}\n```\nb\n```\nc',
      `${block('# a\n```json\n{}\n```\nb\n')}<p>c</p>`,
    ],
    [
      'holds another block of Markdown, with a block in it',
      '```markdown\n```md\n```js\na\n```\n```\n```\nb',
      `${block('```md\n```js\na\n```\n```\n')}<p>b</p>`,
    ],
    [
      'holds a fence of the other kind',
      '```markdown\n~~~js\n```\n~~~\n```\nb',
      `${block('~~~js\n```\n~~~\n')}<p>b</p>`,
    ],
    ['ends at a fence without a language', '```markdown\n```\nb', `${block('')}<p>b</p>`],
    [
      'ends at its own fence, if that is longer',
      '````markdown\n```js\na\n````\nb',
      `${block('```js\na\n')}<p>b</p>`,
    ],
    [
      'holds code, which is no fence when it has a backtick',
      '```markdown\n```a`b\n```\nc',
      `${block('```a`b\n')}<p>c</p>`,
    ],
    [
      'ends in an item too',
      '- ```markdown\n  ```js\n  a\n  ```\n  ```\n\nb',
      `<ul><li>${block('```js\na\n```\n')}</li></ul><p>b</p>`,
    ],
  ])('%s', (_, markdown, html) => check(markdown, html))

  test('no other block holds blocks', () => {
    check('```js\n```json\n```\nb', '<pre><code class="language-js">```json\n</code></pre><p>b</p>')
  })
})

describe('addresses', () => {
  test.each([
    [
      'see https://a.example/b_c_d?e=f&g#h.',
      '<p>see <a href="https://a.example/b_c_d?e=f&amp;g#h">https://a.example/b_c_d?e=f&amp;g#h</a>.</p>',
    ],
    ['**https://a.example/**', '<p><strong><a href="https://a.example/">https://a.example/</a></strong></p>'],
    ['(http://a.example/b_(c))', '<p>(<a href="http://a.example/b_(c)">http://a.example/b_(c)</a>)</p>'],
    [
      'www.a.example &amp; xwww.b.example',
      '<p><a href="http://www.a.example">www.a.example</a> &amp; xwww.b.example</p>',
    ],
    ['見てhttps://a.example。次', '<p>見てhttps://a.example。次</p>'],
    ['見て https://a.example。次', '<p>見て <a href="https://a.example">https://a.example</a>。次</p>'],
    ['a_b+c@d.example, x@y', '<p><a href="mailto:a_b+c@d.example">a_b+c@d.example</a>, x@y</p>'],
    ['[https://a.example](https://b.example)', '<p><a href="https://b.example">https://a.example</a></p>'],
    ['`https://a.example`', '<p><code>https://a.example</code></p>'],
    ['https:// a', '<p>https:// a</p>'],
  ])('%s', check)
})

describe('math is text', () => {
  test.each([
    ['$a_b*c*$ and $$x_1 * y_2 * z$$', '<p>$a_b*c*$ and $$x_1 * y_2 * z$$</p>'],
    ['\\(a_b\\) and \\[x_{1} * y * z\\]', '<p>\\(a_b\\) and \\[x_{1} * y * z\\]</p>'],
    ['\\[not a link\\(', '<p>[not a link(</p>'],
    ['$5 and *$6*, $7', '<p>$5 and <em>$6</em>, $7</p>'],
    ['a\n$$\n- x\n# y\n$$\nb', '<p>a</p><p>$$\n- x\n# y\n$$</p><p>b</p>'],
    ['\\[\n\\begin{a} & b \\\\\n\\]\n\n*c*', '<p>\\[\n\\begin{a} &amp; b \\\\\n\\]</p><p><em>c</em></p>'],
    ['$$\nnever closed\n\n*a*', '<p>$$\nnever closed</p><p><em>a</em></p>'],
  ])('%j', check)
})

test('raw HTML is text', () => {
  check(
    '<div onclick="a*b*c">\n*d*</div> <!-- *e* -->',
    '<p>&lt;div onclick=&quot;a*b*c&quot;&gt;\n<em>d</em>&lt;/div&gt; &lt;!-- *e* --&gt;</p>',
  )
})

test('links may be defined after they are used', () => {
  check(
    '[a] and *[b][A]*\n\n> # [a]\n\n- [ ] [a] | c\n\n[a]: /x "t"\n[a]: /y',
    '<p><a href="/x" title="t">a</a> and <em><a href="/x" title="t">b</a></em></p>' +
      '<blockquote><h1><a href="/x" title="t">a</a></h1></blockquote>' +
      '<ul><li><input disabled="" type="checkbox"> <a href="/x" title="t">a</a> | c</li></ul>',
  )
})

test('line ends of every kind, and characters that must not be', () => {
  check('a\r\nb\rc\nd\r\n\r\n# e\r', '<p>a\nb\nc\nd</p><h1>e</h1>')
  check('a\0b', '<p>a\ufffdb</p>')
  check('*a😀*😀', '<p><em>a😀</em>😀</p>')
})
