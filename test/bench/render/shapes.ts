/** Texts of one shape each and of any length: what a model writes, and what is hard to render. */

const WORDS =
  'stream answer delta model edge worker token reads writes while the a of and in is that for with from page block first last text time cost none each'.split(
    ' ',
  )

/** The same words in each run. */
function createWriter(): (words: number) => string {
  let state = 7
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return WORDS[(state >> 8) % WORDS.length]
  }
  return (words) => Array.from({ length: words }, next).join(' ')
}

function repeat(chars: number, part: (index: number, say: (words: number) => string) => string): string {
  const say = createWriter()
  let text = ''
  for (let index = 0; text.length < chars; index++) text += part(index, say)
  return text.slice(0, chars)
}

/** A sentence of prose, some with inline Markdown. */
function sentence(index: number, say: (words: number) => string): string {
  const extra = [
    `**${say(2)}**`,
    `\`${say(1)}()\``,
    `[${say(2)}](https://example.com/${index})`,
    `*${say(1)}*`,
    say(2),
    say(3),
  ][index % 6]
  return `${say(9)} ${extra} ${say(4)}. `
}

export const SHAPES: Record<string, (chars: number) => string> = {
  mixed: (chars) =>
    repeat(chars, (index, say) => {
      const items = Array.from({ length: 5 }, (_, item) => `- ${say(3)}: **${say(1)}** ${say(6)} ${item}`)
      const rows = Array.from({ length: 4 }, (_, row) => `| ${say(2)} | \`${say(1)}\` | ${row} |`)
      const lines = Array.from(
        { length: 8 },
        (_, line) => `  const ${say(1)}_${line} = ${say(1)}(${line}) // ${say(3)}`,
      )
      return [
        `## ${index + 1}. ${say(4)}`,
        Array.from({ length: 4 }, (_, at) => sentence(index + at, say)).join(''),
        items.join('\n'),
        `\`\`\`js\nfunction ${say(1)}() {\n${lines.join('\n')}\n}\n\`\`\``,
        `> ${say(12)}`,
        `| one | two | three |\n|---|---|--:|\n${rows.join('\n')}`,
        '',
      ].join('\n\n')
    }),
  code: (chars) =>
    `\`\`\`js\n${repeat(chars, (index, say) => `const ${say(1)}_${index} = ${say(1)}(${index}, '${say(2)}') // ${say(2)}\n`)}`,
  paragraph: (chars) => repeat(chars, sentence),
  list: (chars) => repeat(chars, (index, say) => `- ${say(4)} **${say(1)}** ${say(3)} ${index}\n`),
  table: (chars) =>
    `| name | value | note | link |\n|---|--:|---|---|\n${repeat(chars, (index, say) => `| ${say(1)} | ${index} | **${say(1)}** ${say(2)} | \`${say(1)}\` |\n`)}`,
}
