/** A conversation that has become longer than a prompt may be goes on, without its oldest messages. */
import { describe, expect, test } from 'vitest'
import type { ExportedConversation } from '../../client/widget/talk/export-conversation.ts'
import type { ChatMessage } from '../../worker/formats/chat-completions/wire.ts'
import { type Chat, useChats } from '../support/chats.ts'
import { poll } from '../support/pages.ts'
import { answer, failing } from '../support/scripts.ts'

const SYSTEM_PROMPT = 'Speak of mills, and of nothing else. '.repeat(20)
/**
 * Some 160 are the owner's. An answer of 600 letters and spaces is expected to have 200, and has some 120.
 */
const chats = useChats({ MAX_INPUT_TOKENS: '800', SYSTEM_PROMPT })
const unbounded = useChats({ MAX_INPUT_TOKENS: '100000' })

const LONG = 'The wheel turns. '.repeat(35).trim()
const LINE = 'From here on, the oldest messages are no longer taken into account.'
const QUESTIONS = ['one', 'two', 'three', 'four', 'five', 'six']

const questionsIn = (messages: unknown) =>
  (messages as ChatMessage[]).filter(({ role }) => role === 'user').map(({ content }) => content)
const line = ({ page }: Chat) => page.locator('.left-out:visible')

async function talk(place: typeof chats, chat: Chat, ...questions: string[]): Promise<void> {
  for (const question of questions) {
    place.upstream.next(answer([LONG]))
    await chat.ask(question)
    await chat.turns.filter({ hasText: question }).locator('[data-state="done"]').waitFor()
  }
}

test('each question is sent at once, with the latest messages that fit; one line says so, and all is kept', async () => {
  const chat = await chats.visit()
  await Promise.all([
    chat.page.waitForResponse((response) => response.url().endsWith('/v1/streams')),
    chat.box.focus(),
  ])
  await talk(chats, chat, ...QUESTIONS)
  const sent = chats.asked.map((messages) => questionsIn(messages))
  expect(sent).toEqual([
    ['one'],
    ['one', 'two'],
    ['one', 'two', 'three'],
    ['two', 'three', 'four'],
    ['three', 'four', 'five'],
    ['four', 'five', 'six'],
  ])
  // Nothing was refused.
  expect(chats.logs.filter(({ status }) => Number(status) >= 400)).toEqual([])
  expect(await line(chat).allTextContents()).toEqual([LINE])
  expect(
    await chat.turns
      .filter({ has: line(chat) })
      .getByRole('heading')
      .textContent(),
  ).toBe('four')
  const exported: ExportedConversation = JSON.parse(await chat.call((element) => element.export('json')))
  expect(questionsIn(exported.messages)).toEqual(QUESTIONS)

  await chat.page.reload()
  await poll(() => chat.turns.count()).toBe(6)
  await poll(() => line(chat).allTextContents()).toEqual([LINE])
  chats.upstream.next(answer([LONG]))
  await chat.action('Answer again').click()
  await poll(async () => chats.asked.length).toBe(7)
  expect(questionsIn(chats.asked[6])).toEqual(['four', 'five', 'six'])
  await chat.ended()
  // An edited question is sent with what is before it, and the line goes with the turn that it was on.
  await chat.turns.nth(1).getByRole('button', { name: 'Edit the question' }).click()
  await chat.page.locator('.editor textarea').fill('second')
  await chat.page.locator('.editor textarea').press('Enter')
  await poll(async () => chats.asked.length).toBe(8)
  expect([questionsIn(chats.asked[7]), await line(chat).count()]).toEqual([['one', 'second'], 0])
})

test('a prompt that the model refuses is sent again with less, and the question is not lost', async () => {
  const chat = await unbounded.visit('storage="local"')
  await talk(unbounded, chat, ...QUESTIONS.slice(0, 4))
  const other = await chat.tab()
  await poll(() => other.turns.count()).toBe(4)
  unbounded.upstream.next(failing(400, { code: 'context_length_exceeded', message: 'Too many tokens.' }))
  await talk(unbounded, chat, 'five')
  expect(unbounded.asked.map((messages) => questionsIn(messages).join(' ')).slice(4)).toEqual([
    'one two three four five',
    'four five',
  ])
  expect([await chat.trouble.count(), await chat.told('millrace-error')]).toEqual([0, []])
  await poll(() => line(chat).count()).toBe(1)
  await poll(() => line(other).allTextContents()).toEqual([LINE])
  expect(
    await other.turns
      .filter({ has: line(other) })
      .getByRole('heading')
      .textContent(),
  ).toBe('five')
})

describe('a question that is too long even alone', () => {
  test('is told as such, and goes along into a new conversation to be shortened', async () => {
    const chat = await chats.visit()
    await talk(chats, chat, 'one')
    const huge = `Why? ${LONG.repeat(10)}`
    await chat.ask(huge)
    await chat.trouble.getByText('This question is too long').waitFor()
    expect([chats.asked.length, await line(chat).count()]).toEqual([1, 0])
    await chat.page.reload()
    await chat.trouble.getByText('This question is too long').waitFor()
    await chat.box.fill('A draft')
    await chat.trouble.getByRole('button', { name: 'New conversation' }).click()
    expect([await chat.turns.count(), await chat.focused()]).toEqual([0, 'question'])
    expect(await chat.box.inputValue()).toBe(`${huge}\n\nA draft`)
    await chat.open('one')
    expect(await chat.turns.count()).toBe(2)
    // The refused question is not sent with the next one.
    await chat.box.fill('')
    await talk(chats, chat, 'two')
    expect(questionsIn(chats.asked.at(-1))).toEqual(['one', 'two'])
  })
})
