/** What a stored conversation does when it is shown: nothing is sent before a reader asks for it. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { newKey } from '../../../../client/stream/open-stream.ts'
import type { Turn } from '../../../../client/widget/talk/conversation.ts'
import { createThread } from '../../../../client/widget/talk/thread.ts'
import type { Trouble } from '../../../../client/widget/talk/trouble.ts'
import type { TurnView } from '../../../../client/widget/view/turn-view.ts'
import { done, running } from './samples.ts'

/** Shows a conversation of these turns. `sent` has the calls to the server, none of which is answered. */
function show(turns: Turn[], watched = false) {
  const sent: string[] = []
  const troubles: (string | null)[] = []
  let retry = () => {}
  const view = {
    showTrouble(trouble: Trouble, again: () => void) {
      troubles.push(trouble.code)
      retry = again
    },
  }
  const anyView = new Proxy(view, { get: (own, name) => own[name as keyof typeof own] ?? (() => {}) })
  const thread = createThread(
    { id: 'c', turns, updatedAt: 0 },
    {
      streams: 'https://edge.test/v1/streams',
      list: { append() {} } as unknown as HTMLElement,
      watched,
      closed: new Set(),
      createTurnView: () => anyView as unknown as TurnView,
      emit: () => true,
      save() {},
      send: async (input, init) => {
        sent.push(`${init?.method ?? 'GET'} ${input}`)
        return new Promise(() => {})
      },
      ready: async () => {},
      model: () => undefined,
      isChecking: () => false,
      busy() {},
      announce: new Proxy({} as never, { get: () => () => {} }),
      retried() {},
    },
  )
  onTestFinished(() => thread.leave())
  return { sent, troubles, turns, thread, retry: () => retry() }
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
