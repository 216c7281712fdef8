/** Which calls of an object are made at once, which wait, and in which order. */
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { MAX_HEADERLESS_CALLS, MAX_WAITING_OPENINGS } from '../../worker/limits.ts'
import { createTurns, type TakeTurn, type Turn } from '../../worker/upstreams/turns.ts'

/** An object with calls, each of which notes when it gets its place. */
function start(moderated = false) {
  const turns = createTurns(moderated)
  const made: string[] = []
  const ends = new Map<string, () => void>()
  const refused = new Map<string, ApiError>()
  const note = (name: string) => (turn: Turn) => {
    if (turn instanceof ApiError) return void refused.set(name, turn)
    made.push(name)
    ends.set(name, turn)
  }
  function ask(name: string, take: TakeTurn = turns.call) {
    const caller = new AbortController()
    const turn = take(caller.signal)
    if (turn instanceof Promise) void turn.then(note(name))
    else note(name)(turn)
    return { waits: turn instanceof Promise, leave: () => caller.abort(new ApiError('caller_left')) }
  }
  /** The headers of this call have come. */
  async function answer(name: string) {
    ends.get(name)?.()
    await settled()
  }
  return { turns, made, refused, ask, answer }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))
const names = (count: number, prefix = '') => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const FIRST = names(MAX_HEADERLESS_CALLS)

test('five calls are made at once, and the next ones in order, one for each whose headers have come', async () => {
  const { made, ask, answer } = start()
  expect(FIRST.map((name) => ask(name).waits)).toEqual(FIRST.map(() => false))
  expect(['a', 'b', 'c'].map((name) => ask(name).waits)).toEqual([true, true, true])
  await settled()
  expect(made).toEqual(FIRST)
  await answer('3')
  expect(made).toEqual([...FIRST, 'a'])
  await answer('a')
  await answer('0')
  expect(made).toEqual([...FIRST, 'a', 'b', 'c'])
})

test('so many may wait, and one more is refused until one of them is made', async () => {
  const { made, refused, ask, answer } = start()
  for (const name of [...FIRST, ...names(MAX_WAITING_OPENINGS, 'w')]) ask(name)
  expect(ask('too many').waits).toBe(false)
  expect(refused.get('too many')).toMatchObject({ code: 'too_many_openings', status: 429 })
  await answer('0')
  expect(ask('later').waits).toBe(true)
  for (const name of [...FIRST.slice(1), ...names(MAX_WAITING_OPENINGS, 'w')]) await answer(name)
  expect(made).toEqual([...FIRST, ...names(MAX_WAITING_OPENINGS, 'w'), 'later'])
})

describe('a call that its caller stops', () => {
  test('while it waits, leaves the queue', async () => {
    const { made, refused, ask, answer } = start()
    for (const name of FIRST) ask(name)
    const [a] = ['a', 'b'].map((name) => ask(name))
    a?.leave()
    await answer('0')
    expect(made).toEqual([...FIRST, 'b'])
    expect(refused.get('a')).toMatchObject({ code: 'caller_left' })
    await answer('b')
    expect(ask('next').waits).toBe(false)
    expect(ask('one more').waits).toBe(true)
  })

  test('in the moment in which it gets its place, gives it to the next', async () => {
    const { made, refused, ask, answer } = start()
    for (const name of FIRST) ask(name)
    const a = ask('a')
    ask('b')
    const answered = answer('0')
    a.leave()
    await answered
    expect(refused.get('a')).toMatchObject({ code: 'caller_left' })
    expect(made).toEqual([...FIRST, 'b'])
  })

  test('before it asks, takes no place', () => {
    const { turns } = start()
    const left = AbortSignal.abort(new ApiError('caller_left'))
    for (const _ of FIRST) expect(turns.call(left)).toMatchObject({ code: 'caller_left' })
    expect(turns.call(new AbortController().signal)).toBeTypeOf('function')
  })
})

describe('where answers are moderated', () => {
  test('one place is for verdicts alone', async () => {
    const { turns, made, ask } = start(true)
    for (const name of FIRST) ask(name)
    expect(made).toEqual(FIRST.slice(0, -1))
    expect(ask('verdict', turns.verdict).waits).toBe(false)
  })

  test('verdicts come before openings, and any number of them may wait', async () => {
    const { turns, made, ask, answer } = start(true)
    for (const name of FIRST) ask(name, turns.verdict)
    ask('opening')
    const verdicts = names(MAX_WAITING_OPENINGS + 1, 'v')
    for (const name of verdicts) expect(ask(name, turns.verdict).waits).toBe(true)
    for (const name of [...FIRST, ...verdicts]) await answer(name)
    expect(made).toEqual([...FIRST, ...verdicts, 'opening'])
  })
})
