/** What moderation adds to the way of a text, on a clock of the test's own: the figures of the moderation's page in docs/decisions. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AnswerEvent } from '../../worker/formats/answer-format.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { MODERATION_WINDOWS } from '../../worker/limits.ts'
import type { Judge } from '../../worker/moderation/judge.ts'
import { createModeration, type Mode } from '../../worker/moderation/moderation.ts'
import { chunk } from '../support/sse.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const TOKEN = 'word'

interface Pace {
  tokensPerSecond: number
  tokens: number
  /** How long one verdict takes. */
  verdictMs: number
}

/** How long after it came each token went out, in milliseconds; and how many calls were made, of how many characters. */
async function delays(mode: Mode, { tokensPerSecond, tokens, verdictMs }: Pace) {
  const reader = chatCompletions.reader('m')
  const came = new Map<AnswerEvent, number>()
  const delays: number[] = []
  let calls = 0
  let judged = 0
  const judge: Judge = async (texts) => {
    calls++
    judged += texts.join('').length
    await new Promise((resolve) => setTimeout(resolve, verdictMs))
    return { kind: 'passed' }
  }
  const moderation = createModeration<AnswerEvent>({
    judge,
    mode,
    unreachable: 'closed',
    release: (events) => {
      for (const event of events) delays.push(Date.now() - (came.get(event) ?? 0))
    },
  })
  for (let token = 0; token < tokens; token++) {
    const event = reader.read({ data: JSON.stringify(chunk({ content: TOKEN })) })
    came.set(event, Date.now())
    await moderation.push(event, event)
    await vi.advanceTimersByTimeAsync(1000 / tokensPerSecond)
  }
  const ended = moderation.end()
  await vi.advanceTimersByTimeAsync(10 * verdictMs)
  await ended
  expect(delays).toHaveLength(tokens)
  const sorted = delays.toSorted((a, b) => a - b)
  return { first: delays[0] ?? 0, median: sorted[tokens >> 1] ?? 0, most: sorted.at(-1) ?? 0, calls, judged }
}

const PACES: [string, Pace, string][] = [
  [
    'a fast model',
    { tokensPerSecond: 80, tokens: 500, verdictMs: 200 },
    'first 0.4 s, median 0.8 s, most 1.4 s; 9 calls, 2.2 times the text',
  ],
  [
    'a fast model, a slow moderation',
    { tokensPerSecond: 80, tokens: 500, verdictMs: 1000 },
    'first 1.2 s, median 1.7 s, most 2.2 s; 8 calls, 2.2 times the text',
  ],
  [
    'the founding example’s pace',
    { tokensPerSecond: 11.4, tokens: 414, verdictMs: 200 },
    'first 1.6 s, median 2.1 s, most 2.6 s; 35 calls, 8.3 times the text',
  ],
]

describe.each(PACES)('moderation at the pace of %s', (_, pace, figures) => {
  const gap = 1000 / pace.tokensPerSecond
  const following = Math.ceil(MODERATION_WINDOWS.phrase / TOKEN.length) * gap

  test('with hold, a text waits for the text after it, for its window, and for two verdicts at the most', async () => {
    const { first, median, most, calls, judged } = await delays({ kind: 'hold' }, pace)
    expect(first).toBeLessThanOrEqual(following + pace.verdictMs + gap)
    expect(most).toBeLessThanOrEqual(
      following + Math.max(MODERATION_WINDOWS.last.ms, pace.verdictMs) + pace.verdictMs + gap,
    )
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
    const times = (judged / (pace.tokens * TOKEN.length)).toFixed(1)
    expect(
      `first ${seconds(first)}, median ${seconds(median)}, most ${seconds(most)}; ${calls} calls, ${times} times the text`,
    ).toBe(figures)
  })

  test('with retract, no text waits', async () => {
    const { most } = await delays({ kind: 'retract', lead: 1000 }, pace)
    expect(most).toBe(0)
  })
})
