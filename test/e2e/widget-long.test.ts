/** An answer of 50,000 tokens, through all that is between the model and the page: the tab stays its reader's own. */
import { setTimeout } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { poll } from '../support/pages.ts'
import { inOrder, type Script, send, wait } from '../support/script.ts'
import { begun } from '../support/scripts.ts'
import { DONE_EVENT, delta, finish, role } from '../support/sse.ts'

/** A piece of text for each token; to the Worker, which counts as OpenAI does, such a word is three. */
const chats = useChats({ MAX_OUTPUT_TOKENS: '200000', VISITOR_DAILY_TOKENS: '1000000' })

const TOKENS = 50_000
/** At each interval so many are sent: some 5,000 a second, which no model reaches. */
const AT_ONCE = 50
const INTERVAL_MS = 10

/** Tokens in paragraphs, lists, tables and code, as answers have them; each can be told from any other. */
const tokens = Array.from({ length: TOKENS }, (_, i) => {
  const [block, at] = [Math.floor(i / 60) % 6, i % 60]
  const starts = ['', '', '- ', '1. ', '> ', '```js\n'][block] ?? ''
  const ends = block === 5 ? '\n```\n\n' : '\n\n'
  const line = at > 0 && at % 12 === 0
  const lead = at === 0 || (line && (block === 2 || block === 3)) ? starts : ''
  const word = at % 9 === 4 && block < 4 ? `**w${i}** ` : `w${i} `
  return `${line && lead ? '\n' : line && block === 5 ? '\n' : ''}${lead}${word}${at === 59 ? ends : ''}`
})
const TEXT = tokens.join('')

const long: Script = inOrder(
  begun([role()]),
  async (reply) => {
    for (let at = 0; at < TOKENS; at += AT_ONCE) {
      await send(
        tokens
          .slice(at, at + AT_ONCE)
          .map(delta)
          .join(''),
      )(reply)
      await wait(INTERVAL_MS)(reply)
    }
  },
  send(finish(), DONE_EVENT),
  ({ response }) => void response.end(),
)

interface Watched {
  /** The longest of the main thread's tasks, and how long a key waited at the most until it was heard; in milliseconds. */
  longest: number
  latest: number
  keys: number
}

async function watch({ page }: Chat): Promise<() => Promise<Watched>> {
  await page.evaluate(() => {
    const watched = { longest: 0, latest: 0, keys: 0 }
    Object.assign(globalThis, { watched })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watched.longest = Math.max(watched.longest, duration)
    }).observe({ type: 'longtask', buffered: false })
    addEventListener(
      'keydown',
      ({ key, timeStamp }) => {
        if (key !== 'x') return
        watched.keys++
        watched.latest = Math.max(watched.latest, performance.now() - timeStamp)
      },
      // The widget keeps them to itself.
      { capture: true },
    )
  })
  return () => page.evaluate('watched')
}

/** What the page holds once all has been thrown away that can be. */
async function held(session: CDPSession) {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  return { heapMb: usedSize / 2 ** 20, nodes }
}

const elements = ({ answers }: Chat) => answers.last().evaluate((text) => text.querySelectorAll('*').length)
const wordsIn = (text: string) => text.match(/w\d+/g) ?? []
const shown = async ({ answers }: Chat) => wordsIn((await answers.last().textContent()) ?? '')
const WORDS = wordsIn(TEXT)
/** Whether all are there, in order; not as lists, whose difference would fill the screen. */
const isWhole = async (chat: Chat) => {
  const words = await shown(chat)
  return `${words.length} ${words.join() === WORDS.join()}`
}
const WHOLE = `${TOKENS} true`

test('50,000 tokens: keys are heard, memory is bounded, and the text is whole', async () => {
  const chat = await chats.visit()
  // All is loaded, and warm.
  await chat.ask()
  await chat.ended()
  await chat.begin()
  const session = await chat.page.context().newCDPSession(chat.page)
  const before = await held(session)
  const watched = await watch(chat)
  chats.upstream.next(long)
  await chat.ask('All of it?')
  const half: number[] = []
  while (!(await chat.send.isVisible())) {
    await chat.box.press('x')
    if (half.length === 0 && (await shown(chat)).length > TOKENS / 2) {
      half.push((await shown(chat)).length, await elements(chat))
    }
    await setTimeout(250)
  }
  await poll(async () => (await chat.told('millrace-answer')).length).toBe(2)
  const { longest, latest, keys } = await watched()
  expect(await isWhole(chat)).toBe(WHOLE)
  const [answer] = (await chat.told('millrace-answer')).slice(-1)
  expect([answer?.answer.length, answer?.answer === TEXT, answer?.end]).toEqual([TEXT.length, true, 'done'])
  expect(await chat.box.inputValue()).toBe('x'.repeat(keys))

  const [halfWords = 0, halfElements = 0] = half
  const all = await elements(chat)
  const after = await held(session)
  expect(all / WORDS.length).toBeLessThan((halfElements / halfWords) * 1.2)
  // Ten times what a busy machine takes.
  expect(longest).toBeLessThan(1_000)
  expect(latest).toBeLessThan(1_000)
  expect(after.heapMb - before.heapMb).toBeLessThan(60)

  await chat.begin()
  await frames(chat)
  // One collection may free what holds the nodes, and only the next one the nodes.
  await poll(async () => (await held(session)).nodes < before.nodes + 500).toBe(true)
  expect((await held(session)).heapMb - before.heapMb).toBeLessThan(15)

  await chat.open('All of it?')
  await poll(() => isWhole(chat)).toBe(WHOLE)
  await chat.page.reload()
  await poll(() => isWhole(chat)).toBe(WHOLE)
})

const frames = ({ page }: Chat) =>
  page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  )
