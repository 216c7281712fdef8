/** Formulas in the widget, on a site with the strictest policy: shown, copied, heard and exported. */
import { expect, test } from 'vitest'
import { useChats } from '../support/chats.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { hear, poll } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'

const chats = useChats()

const ANSWER = 'The area is \\(\\pi r^2\\). It costs $5 or $6.\n\n$$\n\\frac{a}{b}\n$$\n'
const TOKENS = ANSWER.match(/.{1,3}/gs) ?? []

test('are MathML with the attribute; copies, exports and stored answers have their source', async () => {
  const chat = await chats.visit('math')
  await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const spoken = await hear(chat.page)
  const fed = fedAnswer()
  chats.upstream.next(fed.script)
  await chat.ask('How large?')
  fed.say(...TOKENS)
  fed.end()
  await chat.ended()
  const formulas = chat.answers.locator('math')
  await poll(() => formulas.count()).toBe(2)
  await poll(async () => (await spoken()).join(' ')).toContain('The area is π r to the power of 2.')
  const clipboard = () => chat.page.evaluate(() => navigator.clipboard.readText())

  await chat.action('Copy the answer').click()
  await poll(clipboard).toBe(ANSWER)

  // A selection within the shadow tree.
  await chat.answers
    .locator('p')
    .first()
    .evaluate((block) => getSelection()?.selectAllChildren(block))
  await chat.page.keyboard.press('Control+c')
  await poll(async () => (await clipboard()).trim()).toBe('The area is \\(\\pi r^2\\). It costs $5 or $6.')

  expect(await chat.call((element) => element.export())).toContain(ANSWER.trim())
  await chat.page.reload()
  await poll(() => formulas.count()).toBe(2)
})

test('are loaded with the first of them, and spoken once they are', async () => {
  const chat = await chats.visit('math')
  const spoken = await hear(chat.page)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  let requests = 0
  await chat.page.route(/view-formulas/, async (route) => {
    requests++
    await released
    await route.continue()
  })
  chats.upstream.next(answer(['None here.']))
  await chat.ask()
  await chat.ended()
  await poll(spoken).toContain('None here.')
  expect(requests).toBe(0)

  chats.upstream.next(answer(['Look. ', ...TOKENS]))
  await chat.ask('How large?')
  await chat.ended()
  await poll(async () => requests).toBe(1)
  release()
  await poll(async () => (await spoken()).at(-1)).toMatch(/a over b/)
  expect((await spoken()).join(' ')).not.toMatch(/[\\$]\S*pi|frac/)
  expect((await spoken()).join(' ')).toContain('Look. The area is π r to the power of 2. It costs $5 or $6.')
})

test('are text without it, and when it is taken away', async () => {
  const chat = await chats.visit()
  chats.upstream.next(answer(TOKENS))
  await chat.ask('How large?')
  await chat.ended()
  const first = chat.answers.locator('p').first()
  await poll(() => first.textContent()).toBe('The area is \\(\\pi r^2\\). It costs $5 or $6.')
  await chat.call((element) => {
    element.math = true
  })
  await poll(() => chat.answers.locator('math').count()).toBe(2)
  await chat.call((element) => element.removeAttribute('math'))
  await poll(() => first.textContent()).toBe('The area is \\(\\pi r^2\\). It costs $5 or $6.')
})

test('stay text where the page blocks the part that shows them', async () => {
  const chat = await chats.visit('math', { expected: /^logged: Failed to load resource/ })
  await chat.page.route(/view-formulas/, (route) => route.abort())
  chats.upstream.next(answer(TOKENS))
  await chat.ask('How large?')
  await chat.ended()
  await poll(() => chat.answers.locator('.formula').allTextContents()).toEqual([
    '\\(\\pi r^2\\)',
    '$$\n\\frac{a}{b}\n$$',
  ])
})
