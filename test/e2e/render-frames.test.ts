/** What comes in pieces: no frame shows half a character, or a part of a table as something else. */
import { expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

const FAMILY = '👩‍👩‍👧‍👦'
const EMOJI: [place: string, markdown: string][] = [
  ['in a paragraph', `A ${FAMILY} and 👍🏽, 🏳️‍🌈 and 🇳🇱.`],
  ['in code', `\`a ${FAMILY}\`\n\n\`\`\`\n${FAMILY}${FAMILY} 👍🏽\n\`\`\``],
  ['in strong text in a list', `- **${FAMILY}** mills\n- 👍🏽`],
  ['in a link', `[${FAMILY}](https://example.org/${FAMILY})`],
  ['in a cell', `| ${FAMILY} | 👍🏽 |\n|---|---|\n| 🏳️‍🌈 | 🇳🇱 |`],
]

/** By code points, as a tokenizer may cut them, and by UTF-16 units, as a view may cut what has collected. */
const CUTS: [name: string, cut: (text: string) => string[]][] = [
  ['code points', (text) => [...text]],
  ['UTF-16 units', (text) => text.split('')],
]

test.each(
  EMOJI.flatMap(([place, markdown]) => CUTS.map(([name, cut]) => [place, name, cut(markdown)] as const)),
)('emoji %s, in %s: no half of one is ever shown', async (_, __, pieces) => {
  const page = await rendering.open()
  const { broken, last } = await page.evaluate((pieces) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const broken: string[] = []
    for (const piece of pieces) {
      renderer.write(piece)
      if (!answer.innerHTML.isWellFormed() || answer.textContent.includes('\ufffd'))
        broken.push(answer.innerHTML)
    }
    renderer.end()
    return { broken, last: answer.textContent }
  }, pieces)
  expect(broken).toEqual([])
  // Joiners in emoji are not hidden characters.
  expect(last).not.toContain('U+')
  expect(last).toMatch(/👩‍👩‍👧‍👦|👍🏽/u)
})

/** A line with a `|` that doesn't begin with one is mostly text: it is shown as that until a second line says otherwise. */
const TABLES: [name: string, markdown: string][] = [
  ['with pipes around', '| Part | Wood |\n|:-----|---:|\n| Wheel | oak |\n| Axle | elm |\n'],
  ['of one column', '| Part |\n|---|\n| Wheel |\n| Axle |\n'],
  ['with escaped pipes and code', '| a \\| b | `c` |\n|---|---|\n| d \\| e | `f` |\n'],
  ['after a text', 'The parts:\n\n| Part | Wood |\n|---|---|\n| Wheel | oak |\n\nThat is all.\n'],
  ['right under a text', 'The parts:\n| Part | Wood |\n|---|---|\n| Wheel | oak |\n\nThat is all.\n'],
  ['in a list', '- parts\n\n  | Part | Wood |\n  |---|---|\n  | Wheel | oak |\n'],
  ['in a quote', '> | Part | Wood |\n> |---|---|\n> | Wheel | oak |\n'],
]

/** As a model's tokens often end, and at each character. */
const TABLE_CUTS: [name: string, cut: (text: string) => string[]][] = [
  ['cells', (text) => text.match(/[^|\n]*[|\n]|[^|\n]+$/g) ?? []],
  ['characters', (text) => text.split('')],
]

test.each(
  TABLES.flatMap(([shape, markdown]) =>
    TABLE_CUTS.map(([name, cut]) => [shape, name, cut(markdown)] as const),
  ),
)('a table %s, by %s, is a table from its first row on, and one alone', async (_, __, pieces) => {
  const page = await rendering.open()
  const { wrong, rows } = await page.evaluate((pieces) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const wrong: string[] = []
    for (const piece of pieces) {
      renderer.write(piece)
      const beside = answer.cloneNode(true) as Element
      for (const table of beside.querySelectorAll('table')) table.remove()
      if (answer.querySelectorAll('table').length > 1 || beside.textContent.includes('|'))
        wrong.push(answer.innerHTML)
    }
    renderer.end()
    return { wrong, rows: answer.querySelectorAll('tr').length }
  }, pieces)
  expect(wrong).toEqual([])
  expect(rows).toBeGreaterThan(1)
})
