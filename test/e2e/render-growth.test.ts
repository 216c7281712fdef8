/** Long content is laid out in pieces. It looks, copies and sounds as if it were in one. */
import type { CDPSession } from 'playwright-core'
import { expect, test } from 'vitest'
import { HARD_TEXTS } from '../client/render/hard-texts.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

test('a browser never has to lay out much for a few more characters', async () => {
  const page = await rendering.open()
  const texts = Object.entries(HARD_TEXTS).map(([name, textOf]) => [name, textOf(12_000)] as const)
  const large = await page.evaluate((texts) => {
    const { createRenderer, labels, answer } = millrace
    /** The content that is laid out with the last text: in its block, but not in a block inside. */
    const sizeOfLastFlow = () => {
      let last: Node = answer
      while (last.lastChild) last = last.lastChild
      const flow = last.parentElement?.closest('.lines, .box, .flow, code, p, li, h1, h2, h3')
      if (!flow) return { chars: 0, elements: 0 }
      const chars = Array.from(flow.childNodes, (node) =>
        node instanceof Element && node.matches('.lines, .box') ? 0 : (node.textContent?.length ?? 0),
      )
      return {
        chars: chars.reduce((all, each) => all + each, 0),
        elements: flow.querySelectorAll('*').length,
      }
    }
    const large: string[] = []
    for (const [name, text] of texts) {
      answer.replaceChildren()
      const renderer = createRenderer(answer, { labels })
      const most = { chars: 0, elements: 0, children: 0 }
      for (let at = 0; at < text.length; at += 24) {
        renderer.write(text.slice(at, at + 24))
        const { chars, elements } = sizeOfLastFlow()
        most.chars = Math.max(most.chars, chars)
        most.elements = Math.max(most.elements, elements)
      }
      for (const group of answer.querySelectorAll('.lines:has(> .lines)'))
        most.children = Math.max(most.children, group.childElementCount)
      if (most.chars > 5000 || most.elements > 300 || most.children > 24)
        large.push(`${name}: ${JSON.stringify(most)}`)
    }
    return large
  }, texts)
  expect(large).toEqual([])
})

const SPLIT: [name: string, text: string][] = [
  ...[
    'hard breaks',
    'strong',
    'code spans',
    'links with addresses',
    'addresses',
    'Chinese',
    'one word',
    'Arabic',
    'Hebrew',
    'emoji',
    'long heading',
    'math block',
    'list item of a paragraph',
    'open strong',
    'long link text',
    'one word of code',
    'code line',
  ].map((name): [string, string] => [name, HARD_TEXTS[name]?.(6000) ?? '']),
  [
    'words of two directions',
    Array.from(
      { length: 170 },
      (_, at) => `one two ${'עולם '.repeat(1 + (at % 7))}שלום, ${at} three (four) `,
    ).join(''),
  ],
  ['Arabic with numbers and English', 'يقرأ 12 (three) رمزا، ويكتب token ما قرأه! '.repeat(180)],
  ['Arabic in a list', `- ${'يقرأ التيار رمزا ويكتب ما قرأه في الصفحة '.repeat(120)}`],
]

test.each(SPLIT)('%s in pieces looks, is copied and is heard as in one', async (_, text) => {
  const page = await rendering.open()
  const session = await page.context().newCDPSession(page)
  const pieces = await page.evaluate((text) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    for (let at = 0; at < text.length; at += 40) renderer.write(text.slice(at, at + 40))
    return answer.querySelectorAll('.lines, .box').length
  }, text)
  expect(pieces).toBeGreaterThan(1)
  const inPieces = { ...(await page.evaluate(look)), heard: await heard(session) }
  await page.evaluate(() => {
    const { answer } = millrace
    for (const piece of answer.querySelectorAll('.lines, .box')) piece.replaceWith(...piece.childNodes)
    answer.normalize()
  })
  const inOne = { ...(await page.evaluate(look)), heard: await heard(session) }
  expect(inPieces).toEqual(inOne)
})

/** Where every tenth character is, and what is copied. */
function look() {
  const { answer } = millrace
  const range = document.createRange()
  const places: string[] = []
  const texts = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT)
  let at = 0
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node as Text
    for (let index = 0; index < text.length; index++) {
      if (at++ % 10 > 0) continue
      range.setStart(text, index)
      range.setEnd(text, index + 1)
      const { left, top, width } = range.getBoundingClientRect()
      // White space at a line's end has no place.
      if (width > 0) places.push(`${text.data.charAt(index)} ${Math.round(left)} ${Math.round(top)}`)
    }
  }
  getSelection()?.selectAllChildren(answer)
  // Between words, a split may be a line break instead of a space.
  return { places, height: answer.offsetHeight, copied: String(getSelection()).replace(/\s+/g, ' ') }
}

/** What a screen reader is given: roles with their names, texts beside each other as one. */
async function heard(session: CDPSession): Promise<string> {
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const told = nodes.filter(({ ignored, role }) => !ignored && role?.value !== 'InlineTextBox')
  const said = told.map(({ role, name }) => (role?.value === 'StaticText' ? name?.value : `<${role?.value}>`))
  // Texts beside each other are told without the spaces between them.
  return said.join('').replace(/\s+/g, '')
}
