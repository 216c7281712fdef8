/** Questions to go on with: those that the Worker asks the model for, and those of the page. */
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { poll } from '../support/pages.ts'
import { begin, complete, messageEvents, named, numbered } from '../support/responses.ts'
import { answer, events } from '../support/scripts.ts'

const off = useChats()
const on = useChats({ SUGGESTIONS: 'on', SYSTEM_PROMPT: 'You sell shoes.' })
const tooled = useChats({
  SUGGESTIONS: 'on',
  TOOLS: JSON.stringify([{ type: 'web_search' }]),
  VISITOR_DAILY_TOKENS: '9000000',
})

const BLOCK = '<suggestions>["Why?", "How?", "When?"]</suggestions>'
const PIECES = ['Because', '.', '\n\n<sugg', 'estions>["Why?"', ', "How?", "Wh', 'en?"]</suggestions>']
const buttons = ({ page }: Chat) => page.locator('.suggestions button')
const shown = (chat: Chat) => buttons(chat).allTextContents()
const visible = ({ page }: Chat) => page.locator('.suggestions').isVisible()

describe.each([
  ['Chat Completions', on, () => answer(PIECES)],
  [
    'the Responses API',
    tooled,
    () => events(numbered(complete([...begin(), ...messageEvents(PIECES)])).map(named)),
  ],
] as const)('of the model, by %s', (_, chats, script) => {
  test('are buttons below the answer, and nowhere in it', async () => {
    const chat = await chats.visit()
    chats.upstream.next(script())
    await chat.ask('What do you sell?')
    await chat.ended()
    await poll(() => shown(chat)).toEqual(['Why?', 'How?', 'When?'])
    expect(await chat.answers.allTextContents()).toEqual(['Because.'])
    const [told] = await chat.told('millrace-answer')
    expect(told?.answer).toBe('Because.')
    const deltas = (await chat.told('millrace-delta')).map(({ text }) => text).join('')
    expect(deltas).toBe('Because.')
    for (const format of ['markdown', 'json'] as const) {
      expect(
        await chat.page.evaluate((format) => document.querySelector('millrace-chat')?.export(format), format),
      ).not.toMatch(/suggestions>|How\?/)
    }
    const request = JSON.stringify(chats.upstream.calls[0]?.request)
    expect(request).toContain('After your whole answer, write three short questions')
    expect(request).not.toContain('include_suggestions')
  })
})

describe('of the model', () => {
  test('no frame has a piece of them, in text or speech', async () => {
    const chat = await on.visit()
    const fed = fedAnswer()
    on.upstream.next(fed.script)
    // Everything that the widget ever has in its tree.
    await chat.page.evaluate(() => {
      const root = document.querySelector('millrace-chat')?.shadowRoot
      if (!root) return
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      new MutationObserver(() => seen.push(root.textContent ?? '')).observe(root, {
        childList: true,
        subtree: true,
        characterData: true,
      })
    })
    await chat.ask('What do you sell?')
    await on.upstream.call(1)
    for (const letter of `Because.\n\n${BLOCK}`) fed.say(letter)
    fed.end()
    await chat.ended()
    await poll(() => shown(chat)).toHaveLength(3)
    const frames = await chat.page.evaluate(() => (globalThis as never as { seen: string[] }).seen)
    expect(frames.length).toBeGreaterThan(3)
    for (const frame of frames) expect(frame).not.toMatch(/<s|suggestions>|\["/)
  })

  test('one is asked by a press, by keyboard too; then they are gone, and the block is not sent', async () => {
    const chat = await on.visit()
    on.upstream.next(answer(PIECES), answer(['Since then.']))
    await chat.ask('What do you sell?')
    await chat.ended()
    await buttons(chat).nth(1).focus()
    await chat.page.keyboard.press('Enter')
    await poll(() => visible(chat)).toBe(false)
    expect(await chat.focused()).toBe('question')
    await chat.ended()
    expect((on.asked[1] as unknown[]).slice(1)).toEqual([
      { role: 'user', content: 'What do you sell?' },
      { role: 'assistant', content: 'Because.' },
      { role: 'user', content: 'How?' },
    ])
    expect(await visible(chat)).toBe(false)
  })

  test('are there after a reload, and of the conversation that is shown', async () => {
    const chat = await on.visit()
    on.upstream.next(answer(PIECES))
    await chat.ask('What do you sell?')
    await chat.ended()
    await chat.page.reload()
    await poll(() => shown(chat)).toEqual(['Why?', 'How?', 'When?'])
    await chat.begin()
    await poll(() => visible(chat)).toBe(false)
    await chat.open('What do you sell?')
    await poll(() => visible(chat)).toBe(true)
  })

  test('an answer that is resumed in its midst has them taken off too', async () => {
    const chat = await on.visit()
    const fed = fedAnswer('Because')
    on.upstream.next(fed.script)
    await chat.ask('What do you sell?')
    await chat.answers.getByText('Because').waitFor()
    await chat.page.reload()
    await chat.answers.getByText('Because').waitFor()
    for (const piece of PIECES.slice(1)) fed.say(piece)
    fed.end()
    await chat.ended()
    await poll(() => shown(chat)).toEqual(['Why?', 'How?', 'When?'])
    expect(await chat.answers.allTextContents()).toEqual(['Because.'])
  })

  test.each([
    ['none', ['Because.'], 'Because.'],
    [
      'something else',
      ['Because. <sugg', 'estions>no list</suggestions>'],
      '<suggestions>no list</suggestions>',
    ],
  ])('a model that writes %s loses nothing', async (_, pieces, text) => {
    const chat = await on.visit()
    on.upstream.next(answer(pieces))
    await chat.ask('What do you sell?')
    await chat.ended()
    expect((await chat.answers.allTextContents()).join()).toContain(text)
    expect(await chat.page.locator('.suggestions').count()).toBe(0)
  })

  test('a stopped answer has none, and no half of them', async () => {
    const chat = await on.visit()
    const fed = fedAnswer('Because', '.', '\n<suggestions>["Wh')
    on.upstream.next(fed.script)
    await chat.ask('What do you sell?')
    await chat.answers.getByText('Because.').waitFor()
    await chat.stop.click()
    await chat.ended()
    expect(await chat.answers.allTextContents()).toEqual(['Because.'])
    expect(await chat.page.locator('.suggestions').count()).toBe(0)
  })
})

test('where the owner wants none, the request is as it was', async () => {
  const chat = await off.visit()
  off.upstream.next(answer([`Because. ${BLOCK}`]))
  await chat.ask('What do you sell?')
  await chat.ended()
  expect(off.asked).toEqual([[{ role: 'user', content: 'What do you sell?' }]])
  // Then it is text like any other.
  expect((await chat.answers.allTextContents()).join()).toContain('<suggestions>')
})

describe('of the page', () => {
  const suggest = (chat: Chat, ...questions: unknown[]) =>
    chat.page.evaluate(
      (questions) => document.querySelector('millrace-chat')?.suggest(questions as string[]),
      questions,
    )

  test('stand below the latest answer, four at most, until a question is asked', async () => {
    const chat = await off.visit()
    await suggest(chat, 'Too early?')
    await chat.ask('One?')
    await chat.ended()
    expect(await chat.page.locator('.suggestions').count()).toBe(0)
    await suggest(chat, ' A? ', 'A?', '', 7, 'B?', 'C?', 'x'.repeat(201), 'D?', 'E?')
    await poll(() => shown(chat)).toEqual(['A?', 'B?', 'C?', 'D?'])
    await chat.ask('Two?')
    await poll(() => visible(chat)).toBe(false)
    await chat.ended()
    expect(await visible(chat)).toBe(false)
  })

  test('given while an answer comes, they wait for its end', async () => {
    const chat = await off.visit()
    const fed = fedAnswer('Half')
    off.upstream.next(fed.script)
    await chat.ask('One?')
    await chat.answers.getByText('Half').waitFor()
    await suggest(chat, 'A?')
    expect(await chat.page.locator('.suggestions').count()).toBe(0)
    fed.end()
    await chat.ended()
    await poll(() => shown(chat)).toEqual(['A?'])
  })

  test('go before the model’s, and an empty list takes both away', async () => {
    const chat = await on.visit()
    on.upstream.next(answer(PIECES))
    await chat.ask('One?')
    await chat.ended()
    await poll(() => shown(chat)).toHaveLength(3)
    await suggest(chat, 'A?')
    await poll(() => shown(chat)).toEqual(['A?'])
    await suggest(chat)
    await poll(() => visible(chat)).toBe(false)
  })

  test('are HTML to nobody', async () => {
    const chat = await off.visit()
    await chat.ask('One?')
    await chat.ended()
    await suggest(chat, '<img src=x onerror=alert(1)>')
    await poll(() => shown(chat)).toEqual(['<img src=x onerror=alert(1)>'])
    expect(await buttons(chat).locator('img').count()).toBe(0)
  })
})
