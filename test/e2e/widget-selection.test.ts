/** What a reader selects by hand and copies: the words, and nothing of the chat around them. */
import { expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { poll } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'

const chats = useChats()
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] }

async function answered(markdown: string, attributes = ''): Promise<Chat> {
  const chat = await chats.visit(attributes, CLIPBOARD)
  chats.upstream.next(answer([markdown]))
  await chat.ask('What turns the wheel?')
  await chat.ended()
  await chat.action('Copy the answer').waitFor()
  return chat
}

/** Clicks so often on this word, and copies by the keyboard. */
async function copyAt(chat: Chat, word: string, clickCount: number): Promise<string> {
  await chat.page.evaluate(() => navigator.clipboard.writeText('nothing'))
  const place = await chat.page.locator('millrace-chat').evaluate((element, word) => {
    const texts = document.createTreeWalker(element.shadowRoot as Node, NodeFilter.SHOW_TEXT)
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const at = node.nodeValue?.indexOf(word) ?? -1
      if (at < 0 || !node.parentElement?.checkVisibility()) continue
      const range = document.createRange()
      range.setStart(node, at)
      range.setEnd(node, at + word.length)
      const { x, y, width, height } = range.getBoundingClientRect()
      return { x: x + width / 2, y: y + height / 2 }
    }
    throw new Error(`Nothing says ${word}.`)
  }, word)
  await chat.page.mouse.click(place.x, place.y, { clickCount })
  await chat.page.keyboard.press('ControlOrMeta+c')
  await poll(() => copied(chat)).not.toBe('nothing')
  return copied(chat)
}

const copied = ({ page }: Chat) => page.evaluate(() => navigator.clipboard.readText())

const LAST = 'Water turns the wheel, and the wheel turns the stone.'

test.each<[name: string, markdown: string, word: string, expected: string]>([
  ['a paragraph', `First this.\n\n${LAST}`, 'stone', LAST],
  ['the only paragraph', LAST, 'stone', LAST],
  ['an item', `- one\n- ${LAST}`, 'stone', LAST],
  ['a heading', `Text.\n\n## ${LAST}`, 'stone', LAST],
  ['a quote', `Text.\n\n> ${LAST}`, 'stone', LAST],
  ['a line of code', `\`\`\`js\nlet wheel = 1\nlet stone = 2\n\`\`\``, 'stone', 'let stone = 2'],
  ['a cell', `| Part |\n|---|\n| stone |`, 'stone', 'stone'],
  ['a paragraph above code', `${LAST}\n\n\`\`\`js\nlet wheel = 1\n\`\`\``, 'stone', LAST],
  ['a paragraph above another', `${LAST}\n\nAnd then.`, 'stone', LAST],
])('a triple click at the end, on %s, copies it and no empty lines', async (_, markdown, word, expected) => {
  const chat = await answered(markdown, 'speed')
  expect(await copyAt(chat, word, 3)).toBe(expected)
})

test.each<[name: string, markdown: string, word: string]>([
  ['in a sentence', LAST, 'wheel'],
  ['before a comma, in strong text', 'Water turns the **wheel**, always.', 'wheel'],
  ['at the end', 'Water turns the wheel', 'wheel'],
  ['in code', '```js\nlet wheel = 1\n```', 'wheel'],
  ['in a link that shows its address', '[wheel](https://example.org)', 'wheel'],
  ['with an accent', 'L’eau tourne la moulinière ici.', 'moulinière'],
])('a double click on a word copies it alone: %s', async (_, markdown, word) => {
  const chat = await answered(markdown)
  expect(await copyAt(chat, word, 2)).toBe(word)
})

test('a triple click on a question copies it alone', async () => {
  const chat = await answered(LAST)
  expect(await copyAt(chat, 'turns the wheel?', 3)).toBe('What turns the wheel?')
})
