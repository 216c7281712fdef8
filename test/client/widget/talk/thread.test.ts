/** What a stored conversation does when it is shown: nothing is sent before a reader asks for it. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { newKey } from '../../../../client/stream/open-stream.ts'
import type { Turn } from '../../../../client/widget/talk/conversation.ts'
import { createPromptBound } from '../../../../client/widget/talk/prompt-bound.ts'
import { createThread } from '../../../../client/widget/talk/thread.ts'
import type { Trouble } from '../../../../client/widget/talk/trouble.ts'
import type { TurnView } from '../../../../client/widget/view/turn-view.ts'
import type { ChatMessage } from '../../../../worker/formats/chat-completions/wire.ts'
import { done, running } from './samples.ts'

/**
 * Shows a conversation of these turns. `sent` has the calls to the server, `bodies` their messages. None is
 * answered, but by `reply`.
 */
function show(
  turns: Turn[],
  watched = false,
  reply?: (messages: ChatMessage[]) => Response,
  read?: () => Response,
  context: () => Promise<string | undefined> | undefined = () => undefined,
) {
  const sent: string[] = []
  const bodies: ChatMessage[][] = []
  const keys: (string | null)[] = []
  const troubles: (string | null)[] = []
  const leftOut: boolean[] = []
  const promptBound = createPromptBound()
  let announced = 0
  let retry = () => {}
  const viewOf = (index: number) => ({
    setLeftOut(now: boolean) {
      leftOut[index] = now
    },
    showTrouble(trouble: Trouble, again: () => void) {
      troubles.push(trouble.code)
      retry = again
    },
  })
  const anyView = (index: number) =>
    new Proxy(viewOf(index), { get: (own, name) => own[name as keyof typeof own] ?? (() => {}) })
  let views = 0
  const thread = createThread(
    { id: 'c', turns, updatedAt: 0 },
    {
      asking: {
        base: 'https://edge.test/v1',
        api: async () => ({ responses: undefined, suggestions: undefined }),
      },
      list: { append() {} } as unknown as HTMLElement,
      watched,
      closed: new Set(),
      createTurnView: () => anyView(views++) as unknown as TurnView,
      emit: () => true,
      save() {},
      send: async (input, init) => {
        sent.push(`${init?.method ?? 'GET'} ${input}`)
        if (typeof init?.body !== 'string') return read ? read() : new Promise(() => {})
        const { messages } = JSON.parse(init.body)
        bodies.push(messages)
        keys.push(new Headers(init.headers).get('idempotency-key'))
        return reply ? reply(messages) : new Promise(() => {})
      },
      ready: async () => {},
      model: () => undefined,
      isChecking: () => false,
      busy() {},
      promptBound,
      readContext: () => context(),
      showContext() {},
      announce: new Proxy({ leftOut: () => announced++ } as never, {
        get: (own, name) => own[name] ?? (() => {}),
      }),
      retried() {},
      startOver() {},
    },
  )
  onTestFinished(() => thread.leave())
  return {
    sent,
    bodies,
    keys,
    troubles,
    leftOut,
    promptBound,
    announced: () => announced,
    turns,
    thread,
    retry: () => retry(),
  }
}

const question = 'Why?'
const pending = { key: 'k', askedAt: Date.now() }
const network: Trouble = {
  code: 'network',
  message: 'reset',
  status: null,
  requestId: null,
  retryAfterMs: 0,
  began: false,
  at: 7,
}
const ASKS = 'POST https://edge.test/v1/streams'

describe('a stored question that no stream answers', () => {
  test.each<[string, Turn, string]>([
    ['asked a moment ago', { question, answer: '', pending }, 'page_left'],
    ['asked long ago', { question, answer: '', pending: { ...pending, askedAt: 0 } }, 'page_left'],
    ['asked in the future', { question, answer: '', pending: { ...pending, askedAt: 9e99 } }, 'page_left'],
    ['with the beginning of an answer', { question, answer: 'Half', pending }, 'page_left'],
    [
      'asked without a network',
      { question, answer: '', pending: { ...pending, isUnsent: true } },
      'not_yet_sent',
    ],
    ['asked once more', { ...done(question), pending }, 'page_left'],
    ['that failed', { question, answer: '', end: 'failed', pending, trouble: network }, 'network'],
  ])('%s, is not sent before its reader wants it', async (_, turn, code) => {
    // A page remembers the keys that it has asked with.
    const key = newKey()
    const shown = show([done('One?'), { ...turn, pending: { ...pending, ...turn.pending, key } }])
    await expect.poll(() => shown.troubles).toEqual([code])
    expect([shown.sent, shown.thread.busy]).toEqual([[], false])
    expect(shown.turns[1]).toMatchObject({ end: turn.end ?? 'failed', answer: turn.answer })
    shown.retry()
    // With the same key: it is one question for the server.
    await expect.poll(() => shown.sent).toEqual([ASKS])
    expect(shown.turns[1]?.pending?.key).toBe(key)
  })

  test('is sent by the tab that asks it, and by no other', async () => {
    const shown = show([{ question, answer: '', pending: { ...pending, key: 'other' } }], true)
    await new Promise(setImmediate)
    expect([shown.sent, shown.troubles]).toEqual([[], []])
  })

  test('goes on to be asked if it was asked on this page', async () => {
    const first = show([])
    first.thread.ask(question)
    await expect.poll(() => first.sent).toEqual([ASKS])
    first.thread.leave()
    const again = show(first.turns)
    await expect.poll(() => again.sent).toEqual([ASKS])
  })
})

test('an answer whose stream is known is read on, and nothing is asked', async () => {
  const shown = show([structuredClone(running)])
  await expect.poll(() => shown.sent).toEqual(['GET https://edge.test/v1/streams/str_1'])
})

describe('a question in a long conversation', () => {
  /** Each turn is expected to have 508 tokens: 1,497 letters, and what is around two messages. */
  const long = (name: string) => done(name.repeat(3), 'x'.repeat(1497))
  const ALONE = 10
  const conversation = () => ['a', 'b', 'c', 'd'].map(long)
  const questionsOf = (messages: ChatMessage[] | undefined) =>
    messages?.filter(({ role }) => role === 'user').map(({ content }) => String(content).charAt(0))

  /** A server that takes so many turns before a question, and says so by refusing. */
  const taking =
    (most: number, code = 'prompt_too_long') =>
    (messages: ChatMessage[]) =>
      messages.length > 2 * most + 1
        ? Response.json({ error: { message: 'Too long.', type: 'x', param: null, code } }, { status: 413 })
        : new Response(
            `id: 1\ndata: {"choices":[{"index":0,"delta":{"content":"Yes."}}]}\n\nid: 2\ndata: [DONE]\n\n`,
            { status: 201, headers: { 'content-type': 'text/event-stream', 'stream-id': 'str_1' } },
          )

  test('is sent at once with the latest turns that fit into what the server takes', async () => {
    const shown = show(conversation(), false, taking(2))
    shown.promptBound.told(2 * 508 + ALONE)
    shown.thread.ask('q')
    await vi.waitFor(() => expect(shown.turns.at(-1)?.end).toBe('done'))
    expect(shown.bodies.map(questionsOf)).toEqual([['c', 'd', 'q']])
    expect(shown.turns).toHaveLength(5)
    expect(shown.turns.at(-1)?.sentWith).toBe(2)
    expect([shown.leftOut, shown.announced()]).toEqual([[false, false, false, false, true], 1])
    // The line stays where it began.
    shown.thread.ask('r')
    await vi.waitFor(() => expect(shown.turns.at(-1)?.end).toBe('done'))
    expect(shown.turns).toHaveLength(6)
    expect(questionsOf(shown.bodies.at(-1))).toEqual(['c', 'd', 'q', 'r'].slice(-3))
    expect([shown.leftOut.indexOf(true), shown.leftOut.lastIndexOf(true), shown.announced()]).toEqual([
      4, 4, 1,
    ])
  })

  test.each(['prompt_too_long', 'context_length_exceeded', 'body_too_large', 'too_many_messages', 'unknown'])(
    'that is refused as %s is sent again with fewer, under a key of its own',
    async (code) => {
      const shown = show(conversation(), false, taking(1, code))
      shown.thread.ask('q')
      await vi.waitFor(() => expect(shown.turns.at(-1)).toMatchObject({ end: 'done', answer: 'Yes.' }))
      expect(shown.bodies.map((messages) => questionsOf(messages)?.join(''))).toEqual(['abcdq', 'dq'])
      expect(new Set(shown.keys).size).toBe(2)
      expect([shown.troubles, shown.announced()]).toEqual([[], 1])
      // What was learned holds for the next one.
      shown.thread.ask('r')
      await vi.waitFor(() => expect(shown.turns.at(-1)?.end).toBe('done'))
      expect(questionsOf(shown.bodies[2])).toEqual(['d', 'q', 'r'])
    },
  )

  test('is sent alone in the end, and its failure is its own', async () => {
    const shown = show(conversation(), false, taking(-1))
    shown.thread.ask('q')
    await vi.waitFor(() => expect(shown.troubles).toEqual(['prompt_too_long']))
    expect(questionsOf(shown.bodies.at(-1))).toEqual(['q'])
    expect(shown.bodies.length).toBeLessThanOrEqual(7)
    expect([shown.turns.at(-1)?.question, shown.thread.busy]).toEqual(['q', false])
    // It brought nothing: the next question is sent with what fits before it.
    expect(shown.leftOut).not.toContain(true)
  })

  test('that is too long alone with its page goes without the page', async () => {
    const taken = (messages: ChatMessage[]) =>
      String(messages.at(-1)?.content).includes('page') ? taking(-1)(messages) : taking(9)(messages)
    const shown = show([], false, taken, undefined, async () => 'page')
    shown.thread.ask('q')
    await vi.waitFor(() => expect(shown.turns.at(-1)).toMatchObject({ end: 'done', answer: 'Yes.' }))
    expect(shown.bodies.map((messages) => messages.at(-1)?.content)).toEqual(['page\n\nq', 'q'])
    expect(new Set(shown.keys).size).toBe(2)
    expect([shown.turns.at(-1)?.context, shown.troubles]).toEqual([undefined, []])
  })

  test('is sent with its page, and again as it was where no answer had come', async () => {
    const first = show([], false, undefined, undefined, async () => 'page')
    first.thread.ask('q')
    await vi.waitFor(() => expect(first.bodies).toHaveLength(1))
    first.thread.leave()
    const again = show(first.turns, false, undefined, undefined, async () => 'another page')
    await vi.waitFor(() => expect(again.bodies).toEqual(first.bodies))
    expect(again.keys).toEqual(first.keys)
  })

  test('is sent once its page is read, with as much before it as then fits', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const shown = show(conversation(), false, taking(9), undefined, () => promise)
    shown.promptBound.told(2 * 508 + ALONE)
    shown.thread.ask('q')
    expect([shown.thread.busy, shown.thread.ask('meanwhile')]).toEqual([true, false])
    // It takes the place of one turn.
    resolve('p'.repeat(900))
    await vi.waitFor(() => expect(shown.turns.at(-1)?.end).toBe('done'))
    expect(shown.bodies.map((messages) => messages.length)).toEqual([3])
    expect(shown.turns.at(-1)?.sentWith).toBe(1)
  })

  test('that went astray is sent again as it was', async () => {
    const first = show(conversation())
    first.promptBound.told(508 + ALONE)
    first.thread.ask('q')
    await vi.waitFor(() => expect(first.bodies.map(questionsOf)).toEqual([['d', 'q']]))
    first.thread.leave()
    // Another page, which knows of no bound, and from whose storage the oldest turn is gone.
    const again = show(first.turns.slice(1))
    await vi.waitFor(() => expect(again.bodies).toEqual(first.bodies))
    expect([again.keys, again.leftOut.at(-1), again.announced()]).toEqual([first.keys, true, 0])
  })

  test('that is too long where another tab asks it is left to that tab', async () => {
    const pending = { key: 'other', id: 'str_1', askedAt: Date.now() }
    const failed = () =>
      new Response('data: {"error":{"message":"m","type":"x","code":"context_length_exceeded"}}\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      })
    const shown = show([...conversation(), { question: 'q', answer: '', pending }], true, failed, failed)
    await vi.waitFor(() => expect(shown.thread.busy).toBe(false))
    expect([shown.bodies, shown.troubles]).toEqual([[], []])
  })
})
