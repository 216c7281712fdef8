import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { MODERATION_WINDOWS, type WindowSizes } from '../../worker/limits.ts'
import type { Judge, Verdict } from '../../worker/moderation/judge.ts'
import { createModeration, type Mode, type Outcome } from '../../worker/moderation/moderation.ts'
import type { SseEvent } from '../../worker/protocol/event-reader.ts'
import { answersToJudge, FORBIDDEN, readers } from '../support/answers.ts'
import { chunk } from '../support/sse.ts'

const HOLD: Mode = { kind: 'hold' }
const RUNS = { numRuns: 1_000 }

const PASSED: Verdict = { kind: 'passed' }
const FLAGGED: Verdict = { kind: 'flagged', categories: ['violence'] }

/** Small windows, so that a short answer has many. */
const SMALL: WindowSizes = {
  phrase: 12,
  context: 12,
  first: { chars: 2, ms: 0 },
  last: { chars: 16, ms: 0 },
  held: 256 * 1024,
}

/** Flags texts that have the whole phrase in them, and takes its time. */
function judging(phrase: string | undefined, delays: number[] = [0]) {
  const calls: (readonly string[])[] = []
  let atOnce = 0
  let most = 0
  const judge: Judge = async (texts) => {
    calls.push(texts)
    most = Math.max(most, ++atOnce)
    for (let turns = delays[calls.length % delays.length] ?? 0; turns > 0; turns--) await setImmediate()
    atOnce--
    return phrase !== undefined && texts.some((text) => text.includes(phrase)) ? FLAGGED : PASSED
  }
  return {
    judge,
    calls,
    get mostAtOnce() {
      return most
    },
  }
}

const { read } = chatCompletions.reader('m')

interface Run {
  mode?: Mode
  sizes?: WindowSizes
  /** Turns of the loop before each event but those that come together with the one before. */
  gaps?: number[]
  unreachable?: 'closed' | 'open'
}

async function moderate(events: SseEvent[], judge: Judge, run: Run = {}) {
  const { mode = HOLD, sizes = SMALL, gaps = [0], unreachable = 'closed' } = run
  const released: SseEvent[] = []
  /** What a journal that waits for verdicts has been given. */
  let journal: SseEvent[] = []
  const moderation = createModeration<SseEvent>({
    judge,
    mode,
    sizes,
    unreachable,
    release(items) {
      released.push(...items)
      journal = released.slice(0, released.length - moderation.ahead)
    },
  })
  for (const [i, event] of events.entries()) {
    for (let turns = gaps[i % gaps.length] ?? 0; turns > 0; turns--) await setImmediate()
    await moderation.push(event, read(event))
  }
  return { released, outcome: await moderation.end(), journal }
}

const paces = fc.record({
  gaps: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 7 }),
  delays: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 5 }),
})

describe('hold', () => {
  test('releases no character of a flagged phrase, at 1,000 random chunkings; other text goes out unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(answersToJudge(SMALL.phrase), paces, async ({ events, phrase, content }, pace) => {
        const judge = judging(phrase, pace.delays)
        const { released, outcome } = await moderate(events, judge.judge, pace)
        expect(judge.mostAtOnce).toBeLessThanOrEqual(1)
        if (phrase === undefined) {
          expect(outcome).toEqual({ state: 'passed', told: true })
          expect(released).toEqual(events)
          return
        }
        expect(outcome).toMatchObject({ state: 'flagged', retract: undefined, withdrawn: 0 })
        const seen = readers(released)
        expect(seen.all).not.toMatch(FORBIDDEN)
        expect(released).toEqual(events.slice(0, released.length))
        for (const [choice, text] of seen.content) expect(content.get(choice)?.startsWith(text)).toBe(true)
      }),
      RUNS,
    )
  })

  test('does the same with the real window sizes', async () => {
    await fc.assert(
      fc.asyncProperty(answersToJudge(MODERATION_WINDOWS.phrase), paces, async ({ events, phrase }, pace) => {
        const sizes = {
          ...MODERATION_WINDOWS,
          first: { ...MODERATION_WINDOWS.first, ms: 0 },
          last: { ...MODERATION_WINDOWS.last, ms: 0 },
        }
        const { judge } = judging(phrase, pace.delays)
        const { released, outcome } = await moderate(events, judge, { ...pace, sizes })
        expect(outcome.state).toBe(phrase === undefined ? 'passed' : 'flagged')
        if (phrase === undefined) expect(released).toEqual(events)
        else expect(readers(released).all).not.toMatch(FORBIDDEN)
      }),
      RUNS,
    )
  })
})

describe('retract', () => {
  test('releases a bounded number of characters ahead; after the withdrawal no flagged character is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        answersToJudge(SMALL.phrase),
        paces,
        fc.integer({ min: 1, max: 120 }),
        async ({ events, phrase, content }, pace, lead) => {
          const { judge } = judging(phrase, pace.delays)
          const { released, outcome, journal } = await moderate(events, judge, {
            ...pace,
            mode: { kind: 'retract', lead },
          })
          expect(released.length - journal.length).toBeLessThanOrEqual(lead)
          expect(readers(journal).all).not.toMatch(phrase === undefined ? /^$/ : FORBIDDEN)
          const seen = readers(released)
          if (phrase === undefined) {
            expect(outcome).toEqual({ state: 'passed', told: true })
            expect(released).toEqual(events)
            return
          }
          if (outcome.state !== 'flagged') return expect.unreachable(outcome.state)
          const { retract = {}, withdrawn } = outcome
          const counts = Object.values(retract)
          expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(lead)
          // A choice in it has its other texts removed altogether.
          for (const [choice, text] of seen.content) {
            const kept = text.slice(0, text.length - (retract[choice] ?? 0))
            expect(kept).not.toMatch(FORBIDDEN)
            expect(content.get(choice)?.startsWith(kept)).toBe(true)
          }
          // What is kept in the end, and what a later reader makes of it.
          const kept = released.map(({ data }, i) => ({
            data: i < released.length - withdrawn ? data : chatCompletions.masked(data),
          }))
          const later = readers(kept)
          expect(later.all).not.toMatch(FORBIDDEN)
          for (const [choice, text] of seen.content) {
            const keep = text.length - (retract[choice] ?? 0)
            expect(later.content.get(choice)).toHaveLength(text.length)
            expect(later.content.get(choice)?.slice(0, keep)).toBe(text.slice(0, keep))
          }
          // The end isn't told before all has passed.
          expect(seen.finish.size).toBeLessThan(content.size)
        },
      ),
      RUNS,
    )
  })
})

const event = (data: object): SseEvent => ({ data: JSON.stringify(data) })
const delta = (content: string) => event(chunk({ content }))
const finish = event(chunk({}, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }))
const DONE: SseEvent = { data: '[DONE]' }
const role = event(chunk({ role: 'assistant', content: '' }))

/** A judge that waits to be told, and the moderation it judges for. */
function stepping(run: Omit<Run, 'gaps'> = {}) {
  const asked: {
    texts: readonly string[]
    say(verdict: Verdict): void
    mayRetry: boolean
    signal: AbortSignal
  }[] = []
  const judge: Judge = (texts, { signal, mayRetry }) =>
    new Promise((say) => {
      asked.push({ texts, say, mayRetry, signal })
    })
  const released: SseEvent[] = []
  const moderation = createModeration<SseEvent>({
    judge,
    mode: run.mode ?? HOLD,
    sizes: run.sizes ?? SMALL,
    unreachable: run.unreachable ?? 'closed',
    release: (items) => void released.push(...items),
  })
  return {
    moderation,
    asked,
    get content() {
      return readers(released).content.get(0) ?? ''
    },
    released,
    push: (event: SseEvent) => moderation.push(event, read(event)),
    /** Answers the call that is under way. */
    async say(verdict: Verdict) {
      asked.at(-1)?.say(verdict)
      await setImmediate()
    },
  }
}

test('retract: text flows at once, up to so many characters ahead; past that it is held, and so is the end', async () => {
  const it = stepping({ mode: { kind: 'retract', lead: 20 }, sizes: { ...SMALL, phrase: 4 } })
  for (let i = 0; i < 10; i++) {
    await it.push(delta('word '))
    expect(it.content).toBe('word '.repeat(Math.min(i + 1, 4)))
  }
  // The first was judged at once. Of what came meanwhile, `phrase` characters still wait for what follows them.
  await it.say(PASSED)
  expect(it.content).toHaveLength(20)
  await it.say(PASSED)
  expect(it.content).toHaveLength(50)
  await it.push(finish)
  await it.push(DONE)
  expect(it.released.at(-1)).toEqual(DONE)

  const short = stepping({ mode: { kind: 'retract', lead: 1000 } })
  for (const one of [delta('short'), finish, DONE]) await short.push(one)
  expect(short.content).toBe('short')
  expect(short.released).toHaveLength(1)
  await short.say(FLAGGED)
  expect(await short.moderation.ended).toMatchObject({ retract: { 0: 5 }, open: [0] })
})

test('windows grow, overlap, and are coalesced while one is judged', async () => {
  const it = stepping({ sizes: { ...SMALL, phrase: 4, context: 6 } })
  for (const letter of 'abcdefghij') await it.push(delta(letter))
  // The first that can let a letter out; what comes while it is judged waits for the next.
  expect(it.asked.map(({ texts }) => texts)).toEqual([['abcde']])
  expect(it.content).toBe('')
  await it.say(PASSED)
  expect(it.content).toBe('a')
  expect(it.asked[1]?.texts).toEqual(['abcdefghij'])
  for (const letter of 'klmnop') await it.push(delta(letter))
  await it.push(finish)
  await it.say(PASSED)
  expect(it.content).toBe('abcdef')
  expect(it.asked[2]?.texts).toEqual(['efghijklmnop'])
  await it.say(PASSED)
  await it.push(DONE)
  expect(it.content).toBe('abcdefghijklmnop')
  expect(it.released.at(-1)).toEqual(DONE)
  expect(it.asked).toHaveLength(3)
})

test('a window closes at so many characters, twice as many each time, or when its time is over', async () => {
  const sizes = { ...SMALL, phrase: 0, context: 0, first: { chars: 2, ms: 40 }, last: { chars: 8, ms: 40 } }
  const it = stepping({ sizes })
  const lengths: number[] = []
  for (let i = 0; i < 30; i++) {
    await it.push(delta('x'))
    const [text] = it.asked.at(-1)?.texts ?? []
    if (it.asked.length > lengths.length) {
      lengths.push(text?.length ?? 0)
      await it.say(PASSED)
    }
  }
  expect(lengths).toEqual([2, 4, 8, 8, 8])
  await it.push(delta('y'))
  expect(it.asked).toHaveLength(5)
  await expect.poll(() => it.asked).toHaveLength(6)
})

test('an item without text is held only for the text before it', async () => {
  const it = stepping()
  await it.push(role)
  expect(it.released).toEqual([role])
  await it.push(delta('a'))
  await it.push(finish)
  await it.push({ data: JSON.stringify({ choices: [] }) })
  expect(it.released).toHaveLength(1)
  await it.say(PASSED)
  expect(it.released).toHaveLength(4)
  // Nothing says that the answer is over: it goes on, or is cut.
  expect(await it.moderation.end()).toEqual({ state: 'passed', told: false })
})

test('items after the end are dropped', async () => {
  const it = stepping()
  await it.push(DONE)
  await it.push(delta('more'))
  expect(await it.moderation.end()).toEqual({ state: 'passed', told: true })
  expect(it.released).toEqual([DONE])
  expect(it.asked).toHaveLength(0)
})

test('an answer cut short is judged to where it came', async () => {
  const it = stepping()
  await it.push(delta('half'))
  const ended = it.moderation.end()
  await it.say(PASSED)
  expect(await ended).toEqual({ state: 'passed', told: false })
  expect(it.content).toBe('half')
})

describe('a flagged answer', () => {
  test('lets the upstream be stopped at once; later items are dropped and not judged', async () => {
    const it = stepping()
    for (const word of ['something ', 'bad, ', 'at length']) await it.push(delta(word))
    await it.say(FLAGGED)
    expect((await it.moderation.ended).state).toBe('flagged')
    await it.push(delta('more'))
    expect(it.asked).toHaveLength(1)
    expect(it.released).toEqual([])
    expect((await it.moderation.end()).state).toBe('flagged')
  })

  test('tells each choice that has not ended', async () => {
    const it = stepping()
    const of = (index: number, content: string, finish_reason: string | null = null) =>
      event(chunk({}, { choices: [{ index, delta: { content }, finish_reason }] }))
    await it.push(of(0, 'a'))
    await it.push(of(0, '', 'stop'))
    await it.say(PASSED)
    await it.push(of(1, 'bad'))
    await it.push(of(2, ''))
    await it.push(of(1, '', 'stop'))
    await it.say(FLAGGED)
    expect(await it.moderation.ended).toEqual({
      state: 'flagged',
      categories: ['violence'],
      withdrawn: 0,
      retract: undefined,
      open: [1],
    } satisfies Outcome)
  })

  test('with retract, counts unpassed text by choice, also if none of its content was shown', async () => {
    const it = stepping({ mode: { kind: 'retract', lead: 30 }, sizes: { ...SMALL, phrase: 4 } })
    await it.push(delta('This is fine.'))
    await it.say(PASSED)
    await it.push(delta(' This isn’t 🎉.'))
    await it.push(event(chunk({}, { choices: [{ index: 1, delta: { reasoning_content: 'hm' } }] })))
    await it.say(FLAGGED)
    expect(await it.moderation.ended).toMatchObject({
      state: 'flagged',
      retract: { 0: 'This is fine. This isn’t 🎉.'.length, 1: 0 },
      withdrawn: 3,
    })
  })
})

describe('an answer that can’t be judged', () => {
  const NOBODY: Verdict = { kind: 'unavailable', why: 'status 500' }

  test('with closed, shows nothing more', async () => {
    const it = stepping()
    for (const word of ['who knows ', 'what this is']) await it.push(delta(word))
    await it.say(NOBODY)
    expect(await it.moderation.ended).toMatchObject({ state: 'unavailable', why: 'status 500' })
    expect(it.content).toBe('')
  })

  test('with closed and retract, withdraws the text that went out ahead', async () => {
    const it = stepping({ mode: { kind: 'retract', lead: 100 } })
    await it.push(delta('who knows what this is'))
    await it.say(NOBODY)
    expect(await it.moderation.ended).toMatchObject({ state: 'unavailable', retract: { 0: 22 } })
  })

  test('with open, is shown; later windows are tried without waiting, and a flagged one counts', async () => {
    const it = stepping({ unreachable: 'open' })
    const text = 'x'.repeat(SMALL.last.chars)
    for (let i = 0; i < 2; i++) await it.push(delta(text))
    expect(it.asked[0]?.mayRetry).toBe(true)
    await it.say(NOBODY)
    await it.push(delta(text))
    expect(it.content).toBe(text)
    expect(it.asked[1]?.mayRetry).toBe(false)
    await it.say(FLAGGED)
    expect((await it.moderation.ended).state).toBe('flagged')
  })

  test('is also one whose judge throws', async () => {
    const { outcome } = await moderate([delta('a'), DONE], () => Promise.reject(new Error('no')))
    expect(outcome).toMatchObject({ state: 'unavailable', why: 'Error: no' })
  })
})

test('a stopped moderation releases nothing, and ends its running call', async () => {
  const it = stepping()
  for (const word of ['something ', 'to be judged']) await it.push(delta(word))
  it.moderation.stop()
  expect(it.asked[0]?.signal.aborted).toBe(true)
  await it.say(PASSED)
  expect(it.content).toBe('')
  expect(await it.moderation.end()).toMatchObject({ state: 'stopped', withdrawn: 0, retract: undefined })
})

describe('what is held has a bound', () => {
  const sizes = { ...SMALL, held: 4_000 }

  test('while a verdict is awaited the upstream waits', async () => {
    const it = stepping({ sizes })
    let pushed = 0
    const pushing = (async () => {
      for (; pushed < 100; pushed++) await it.push(delta('word '))
      await it.push(DONE)
    })()
    await setImmediate()
    expect(pushed).toBeGreaterThan(5)
    expect(pushed).toBeLessThan(30)
    for (let i = 0; i < 100; i++) await it.say(PASSED)
    await pushing
    expect((await it.moderation.end()).state).toBe('passed')
    expect(it.content).toBe('word '.repeat(100))
  })

  test.each<[string, SseEvent]>([
    [
      'text of another choice',
      event(chunk({}, { choices: [{ index: 1, delta: { content: 'word '.repeat(40) } }] })),
    ],
    [
      'reasoning',
      event(chunk({}, { choices: [{ index: 0, delta: { reasoning_content: 'word '.repeat(40) } }] })),
    ],
    [
      'what has no text',
      event(chunk({}, { choices: [{ index: 0, delta: { audio: { data: 'A'.repeat(200) } } }] })),
    ],
  ])('and the answer ends when %s fills it, since no verdict can free the text before', async (_, other) => {
    const events = [delta('a'), ...Array.from({ length: 100 }, () => other), DONE]
    const { released, outcome } = await moderate(events, judging(undefined).judge, { sizes })
    expect(outcome).toMatchObject({ state: 'unavailable', why: 'more is held than may be' })
    expect(released).toEqual([])
  })

  test('but one event may be larger', async () => {
    const events = [delta('a'.repeat(5_000)), delta('b'.repeat(5_000)), DONE]
    const { released, outcome } = await moderate(events, judging(undefined).judge, { sizes })
    expect(outcome.state).toBe('passed')
    expect(released).toEqual(events)
  })

  test('a reader that leaves ends the wait for room', async () => {
    const it = stepping({ sizes })
    const pushing = (async () => {
      for (let i = 0; i < 100; i++) await it.push(delta('word '))
    })()
    await setImmediate()
    it.moderation.stop()
    await pushing
  })
})
