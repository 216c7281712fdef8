/** Markdown as nobody would write it: every sign next to every other, and lines that look like blocks. */
import fc from 'fast-check'

const SIGNS =
  '* ** *** _ __ ~ ~~ ` `` ``` [ ] ]( ](/u) ) ![ < > <a> <b\u00a0c=" http://a.b www.x.y a@b.co @ . ! \\ \\( \\) \\[ \\] $ $$ & &amp; &am " \' ( — é 😀 1 5 | : a b foo ab_cd _a b_ [foo] [bar][foo] https://x.y/z_w **bold** `c` <!-- --> # - + = \0 <br> 重 。 「 \ufe01 葛\u{e0100} שלום `ש` [^1] [^1] [^a] ![^1] [^ \uE200cite\uE202turn0\uE201 \uE200 \uE201'.split(
    ' ',
  )
const STARTS = [
  ...[
    '',
    '',
    '',
    '# ',
    '## ',
    '- ',
    '* ',
    '+ ',
    '1. ',
    '2) ',
    '10. ',
    '> ',
    '| ',
    '    ',
    '  ',
    '\t',
    '```',
    '~~~',
    '```js',
    '```md',
    '~~~js',
  ],
  ...[
    '[foo]: /url',
    '[^1]: ',
    '[^a]: ',
    '[^1]:',
    '[foo]: /url "t"',
    '- [ ] ',
    '- [x] ',
    '$$',
    '\\[',
    '- - ',
    '> - ',
    '1. > ',
    '   ',
    '|-|-|',
    '-|-',
    ':-:|-',
  ],
]
const WHOLE = ['---', '===', '***', '|a|b|', '|-|-|', '```', '$$', '[foo]: /u', '[a\nb]: <x> (t\nt)']
const ENDS = ['\n', '\n', '\n', '\n\n', '  \n', '\\\n', '\r\n', '\r', ' #\n', '']

const words = fc
  .array(fc.constantFrom(...SIGNS, ' ', ' ', '  ', 'x y'), { maxLength: 8 })
  .map((parts) => parts.join(''))
const line = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...STARTS), fc.constantFrom(...STARTS), words)
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.constantFrom(...WHOLE) },
)

export const randomMarkdown = fc
  .array(fc.tuple(line, fc.constantFrom(...ENDS)), { maxLength: 7 })
  .map((lines) => lines.flat().join(''))

/** Cuts a text into pieces, between the halves of a character too. */
export function cutAt(text: string, lengths: readonly number[]): string[] {
  const parts: string[] = []
  for (let at = 0, index = 0; at < text.length; index++) {
    const length = lengths[index % lengths.length] ?? text.length
    parts.push(text.slice(at, at + length))
    at += length
  }
  return parts
}

export const pieceLengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 })
