import { describe, expect, test } from 'vitest'
import { FAILURES_MS, LACKING_MS, MAX_LACKING, MAX_REST_MS, REST_MS } from '../../worker/limits.ts'
import { createRests, type Failing } from '../../worker/upstreams/rest.ts'

const at = (name: string, model = 'm') => ({ upstream: { name }, model })
const [a, b, c] = [at('a'), at('b'), at('c')]
const all = [a, b, c]
const START = 1_000_000

function open() {
  const rests = createRests()
  return {
    ...rests,
    chosen: (now: number, candidates = all) => rests.choose(candidates, now)?.upstream.name,
    fail: (one: typeof a, times: number, now = START, how: Failing = 'failed') => {
      for (let i = 0; i < times; i++) rests.failed(one, how, now)
    },
  }
}

test('the first one is asked as long as it fails less than three times in 30 s', () => {
  const { chosen, failed } = open()
  expect(chosen(START)).toBe('a')
  for (const now of [0, 10_000, FAILURES_MS, FAILURES_MS + 10_000]) failed(a, 'failed', START + now)
  expect(chosen(START + FAILURES_MS + 10_000)).toBe('a')
  failed(a, 'failed', START + FAILURES_MS + 10_001)
  expect(chosen(START + FAILURES_MS + 10_001)).toBe('b')
})

describe('one that rests', () => {
  test('is passed over for 30 s, and then probed by one call', () => {
    const { chosen, fail } = open()
    fail(a, 3)
    expect([chosen(START), chosen(START + REST_MS - 1)]).toEqual(['b', 'b'])
    expect([chosen(START + REST_MS), chosen(START + REST_MS), chosen(START + REST_MS)]).toEqual([
      'a',
      'b',
      'b',
    ])
  })

  test('is asked by all once a probe succeeds', () => {
    const { chosen, fail, succeeded } = open()
    fail(a, 3)
    const now = START + REST_MS
    chosen(now)
    succeeded(a, now)
    expect([chosen(now + 1), chosen(now + 1)]).toEqual(['a', 'a'])
  })

  test('rests again after one probe that fails', () => {
    const { chosen, fail, failed } = open()
    fail(a, 3)
    const now = START + REST_MS
    chosen(now)
    failed(a, 'failed', now + 500)
    expect([chosen(now + 500 + REST_MS - 1), chosen(now + 500 + REST_MS)]).toEqual(['b', 'a'])
  })

  test('is probed by the next call if a probe told nothing', () => {
    const { chosen, fail, toldNothing } = open()
    fail(a, 3)
    const now = START + REST_MS
    expect([chosen(now), chosen(now)]).toEqual(['a', 'b'])
    toldNothing(a, now)
    expect([chosen(now), chosen(now)]).toEqual(['a', 'b'])
  })

  test('rests after a probe that fails for its Retry-After, also a shorter one', () => {
    const { chosen, fail, failed } = open()
    fail(a, 3)
    const now = START + REST_MS
    chosen(now)
    failed(a, 'failed', now + 500, 2_000)
    expect([chosen(now + 2_499), chosen(now + 2_500)]).toEqual(['b', 'a'])
  })

  test('is asked by all once a probe is told that it lacks the model', () => {
    const { chosen, choose, fail, failed } = open()
    fail(a, 3)
    const now = START + REST_MS
    const rare = at('a', 'rare')
    expect(choose([rare, b], now)).toBe(rare)
    expect(chosen(now)).toBe('b')
    failed(rare, 'lacks-model', now)
    expect([chosen(now), chosen(now)]).toEqual(['a', 'a'])
  })

  test.each<[string, (rests: ReturnType<typeof open>, earlier: typeof a, now: number) => void]>([
    ['tells nothing', ({ toldNothing }, earlier, now) => toldNothing(earlier, now)],
    ['fails', ({ failed }, earlier, now) => failed(earlier, 'failed', now)],
    ['fails, and soon is to be asked again', ({ failed }, earlier, now) => failed(earlier, 'failed', now, 1)],
    ['lacks its model', ({ failed }, earlier, now) => failed(earlier, 'lacks-model', now)],
  ])('is not probed by a second call when one from before %s', (_, ends) => {
    const rests = open()
    rests.fail(a, 3)
    const now = START + REST_MS
    expect(rests.chosen(now)).toBe('a')
    ends(rests, at('a', 'rare'), now + 100)
    expect(rests.chosen(now + 200)).toBe('b')
  })

  test('rests on for its Retry-After, if a caller leaves who asked it since all rest', () => {
    const { chosen, failed, toldNothing } = open()
    failed(a, 'failed', START, 60_000)
    toldNothing(a, START + 1000)
    expect(chosen(START + 2000)).toBe('b')
  })

  test('rests on if a call from before its rest succeeds', () => {
    const { chosen, fail, succeeded } = open()
    fail(a, 3)
    succeeded(a, START - 1)
    expect(chosen(START)).toBe('b')
  })
})

test.each<[string, Failing, number | undefined, number]>([
  ['its Retry-After', 'failed', 7000, 7000],
  ['a very long Retry-After: no longer than the most', 'failed', 86_400_000, MAX_REST_MS],
  ['one failure: not at all', 'failed', undefined, 0],
  ['Retry-After: 0, once: not at all', 'failed', 0, 0],
  ['a refusal of this Worker: at once', 'refused', undefined, REST_MS],
])('how long: %s', (_, how, retryAfter, ms) => {
  const { chosen, failed } = open()
  failed(a, how, START, retryAfter)
  if (ms > 0) expect(chosen(START + ms - 1)).toBe('b')
  expect(chosen(START + ms)).toBe('a')
})

test('all rest: the one whose rest ends first', () => {
  const { chosen, failed } = open()
  failed(a, 'failed', START, 9000)
  failed(b, 'failed', START, 5000)
  failed(c, 'failed', START, 7000)
  expect([chosen(START), chosen(START)]).toEqual(['b', 'b'])
  expect(chosen(START, [a, c])).toBe('c')
})

test('a model that an upstream lacks is asked for elsewhere, and others are asked for there', () => {
  const { choose, failed } = open()
  const [here, there] = [at('a', 'rare'), at('b', 'rare')]
  failed(here, 'lacks-model', START)
  expect(choose([here, there], START)).toBe(there)
  expect(choose(all, START)).toBe(a)
  expect(choose([here, there], START + LACKING_MS)).toBe(here)
})

test('however many models are named, what is known of them is bounded', () => {
  const { choose, failed } = open()
  for (let i = 0; i <= MAX_LACKING; i++) failed(at('a', `m${i}`), 'lacks-model', START)
  expect(choose([at('a', 'm0'), b], START)).toMatchObject(at('a', 'm0'))
  expect(choose([at('a', `m${MAX_LACKING}`), b], START)).toBe(b)
})
