import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChatError, clientError, serverError } from '../../client/stream/chat-error.ts'
import {
  BACKOFF_MAX_MS,
  beginning,
  LASTING_MS,
  MAX_FAILURES,
  MAX_FAILURES_UNACCEPTED,
  MAX_RETRY_AFTER_MS,
  MIN_INTERVAL_MS,
  type Next,
  OFFLINE_INTERVAL_MS,
  type ResumeEvent,
  type ResumeState,
  resume,
} from '../../client/stream/resume.ts'

const NETWORK = clientError('network', 'reset')
const GO_ON: Next = { do: 'go on' }
const refused = (status: number, retryAfterMs: number | null = null, code: string | null = null) =>
  serverError({ message: 'No.', type: 'server_error', param: null, code }, { status, retryAfterMs })
const lost = (error: ChatError = NETWORK): ResumeEvent => ({ kind: 'lost', error })

/** What comes of each event, a time before it. */
function story({ accepted = true, online = true, chance = 0 } = {}) {
  let now = 0
  let state: ResumeState = beginning({ now, online, accepted })
  return {
    tell(event: ResumeEvent | ResumeEvent['kind'], passed = 0): Next {
      now += passed
      const what = typeof event === 'string' ? ({ kind: event } as ResumeEvent) : event
      const result = resume(state, what, now, chance)
      state = result.state
      return result.next
    },
  }
}

const reconnect = (afterMs: number): Next => ({ do: 'reconnect', afterMs })

describe('a connection that is lost', () => {
  test('is tried again, later each time, and at last given up with the error', () => {
    const { tell } = story()
    const waits: Next[] = []
    for (let i = 0; i < MAX_FAILURES; i++) {
      tell('trying', 60_000)
      waits.push(tell(lost(), 2_000))
    }
    expect(waits.slice(0, 7)).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500].map(reconnect))
    expect(waits.at(-2)).toEqual(reconnect(7500))
    expect(waits.at(-1)).toEqual({ do: 'give up', error: NETWORK })
    expect(tell('online', 1)).toEqual(GO_ON)
  })

  test('waits by chance, up to twice as long', () => {
    const { tell } = story({ chance: 1 })
    tell('trying')
    expect(tell(lost(), 5_000)).toEqual(reconnect(500))
  })

  test.each([
    ['once a new event had come', ['opened', 'newEvent'], 2_000],
    ['if it had lasted', ['opened'], LASTING_MS],
  ] as const)('is tried as at first, %s', (_, events, lasted) => {
    const { tell } = story()
    for (let i = 0; i < 3; i++) {
      tell('trying', 10_000)
      tell(lost(), 2_000)
    }
    tell('trying', 10_000)
    for (const event of events) tell(event)
    expect(tell(lost(), lasted)).toEqual(reconnect(250))
  })

  test('is not tried again at once, however fast it breaks', () => {
    const { tell } = story()
    tell('trying')
    expect(tell(lost(), 10)).toEqual(reconnect(MIN_INTERVAL_MS - 10))
  })

  test('that had ended is not tried again', () => {
    const { tell } = story()
    tell('trying')
    tell('opened')
    tell('ended')
    for (const kind of ['online', 'visible', 'offline'] as const) expect(tell(kind)).toEqual(GO_ON)
    expect(tell(lost())).toEqual(GO_ON)
  })
})

describe('what the server answers', () => {
  test.each([408, 409, 425, 429, 500, 502, 503, 504])('%i is tried again', (status) => {
    const { tell } = story()
    tell('trying')
    expect(tell(lost(refused(status)), 5_000)).toEqual(reconnect(250))
  })

  test.each([400, 401, 403, 404, 410, 413, 422])('%i is not tried again', (status) => {
    const { tell } = story()
    const error = refused(status)
    tell('trying')
    expect(tell(lost(error))).toEqual({ do: 'give up', error })
  })

  test.each([
    ['an error in mid-stream', serverError({ message: '', type: 'x', param: null, code: 'network' }, {})],
    ['garbage', clientError('invalid_event', '')],
    ['an end that is missing', clientError('truncated', '')],
    ['something that is no stream', clientError('not_a_stream', '', { status: 200 })],
  ])('%s is not tried again', (_, error) => {
    const { tell } = story()
    tell('trying')
    tell('opened')
    expect(tell(lost(error))).toEqual({ do: 'give up', error })
  })

  test('to a question is final, unless the object was only restarting', () => {
    for (const status of [429, 500, 502, 503, 504]) {
      const { tell } = story({ accepted: false })
      tell('trying')
      expect(tell(lost(refused(status, 1_000)))).toMatchObject({ do: 'give up' })
    }
    const { tell } = story({ accepted: false })
    tell('trying')
    expect(tell(lost(refused(503, null, 'object_unavailable')), 5_000)).toEqual(reconnect(250))
  })

  test('to a question, if it is nothing, is given up sooner', () => {
    const { tell } = story({ accepted: false })
    for (let i = 1; i < MAX_FAILURES_UNACCEPTED; i++) {
      tell('trying', 60_000)
      expect(tell(lost())).toMatchObject({ do: 'reconnect' })
    }
    tell('trying', 60_000)
    expect(tell(lost())).toEqual({ do: 'give up', error: NETWORK })
  })

  test('`Retry-After` is waited for, and nothing comes before it', () => {
    const { tell } = story()
    tell('trying')
    expect(tell(lost(refused(503, 20_000)))).toEqual(reconnect(20_250))
    expect(tell('visible', 5_000)).toEqual(reconnect(15_000))
    tell('offline')
    expect(tell('online', 5_000)).toEqual(reconnect(10_000))
  })

  test('a `Retry-After` of hours is not waited for', () => {
    const { tell } = story()
    const error = refused(503, MAX_RETRY_AFTER_MS + 1)
    tell('trying')
    expect(tell(lost(error))).toEqual({ do: 'give up', error })
  })
})

describe('while the browser is offline', () => {
  test('the network is waited for', () => {
    const { tell } = story()
    tell('trying')
    tell('opened')
    expect(tell('offline', 5_000)).toEqual(GO_ON)
    expect(tell(lost())).toEqual(reconnect(OFFLINE_INTERVAL_MS))
    expect(tell('visible', 1_000)).toEqual(GO_ON)
    expect(tell('online', 2_000)).toEqual(reconnect(250))
  })

  test('a planned attempt is put off', () => {
    const { tell } = story()
    tell('trying')
    tell(lost())
    expect(tell('offline')).toEqual(reconnect(OFFLINE_INTERVAL_MS))
  })

  test('a connection that seems to have lasted through it is not trusted', () => {
    const { tell } = story()
    tell('trying')
    tell('opened')
    tell('offline', 5_000)
    expect(tell('online', 3_000)).toEqual(reconnect(250))
    // Of the connection that was given up.
    expect(tell('opened')).toEqual(GO_ON)
    expect(tell(lost())).toEqual(GO_ON)
  })

  test('from the beginning, the first failure waits for the network', () => {
    const { tell } = story({ online: false, accepted: false })
    tell('trying')
    expect(tell(lost())).toEqual(reconnect(OFFLINE_INTERVAL_MS))
  })

  test('a question waits for the network, however often it fails without one', () => {
    const { tell } = story({ online: false, accepted: false })
    for (let i = 0; i < 2 * MAX_FAILURES; i++) {
      tell('trying', OFFLINE_INTERVAL_MS)
      expect(tell(lost())).toEqual(reconnect(OFFLINE_INTERVAL_MS))
    }
    expect(tell('online', 2_000)).toEqual(reconnect(250))
    // From now on the server is to blame.
    for (let i = 1; i < MAX_FAILURES_UNACCEPTED; i++) {
      tell('trying', BACKOFF_MAX_MS)
      expect(tell(lost())).toMatchObject({ do: 'reconnect' })
    }
    tell('trying', BACKOFF_MAX_MS)
    expect(tell(lost())).toMatchObject({ do: 'give up' })
  })
})

test('a page that becomes visible again tries at once, but not too often', () => {
  const { tell } = story()
  for (let i = 0; i < 5; i++) {
    tell('trying', 60_000)
    tell(lost())
  }
  expect(tell('visible', 1_500)).toEqual(reconnect(0))
  tell('trying')
  tell(lost(), 100)
  expect(tell('visible', 100)).toEqual(reconnect(MIN_INTERVAL_MS - 200))
})

test('a connection that is open is left alone', () => {
  const { tell } = story()
  tell('trying')
  tell('opened')
  expect(tell('visible', 5_000)).toEqual(GO_ON)
  expect(tell('online', 5_000)).toEqual(GO_ON)
})

/** The world of a reader: it waits as told, tries when it is time, and tells what comes of it. */
type Event =
  | { of: 'world'; after: number; kind: 'online' | 'offline' | 'visible' }
  | { of: 'attempt'; after: number; kind: 'opened' | 'newEvent' | 'ended' }
  | { of: 'attempt'; after: number; kind: 'lost'; error: ChatError }

const after = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 100_000 }))
const error = fc.oneof(
  { weight: 6, arbitrary: fc.constant(NETWORK) },
  fc.constantFrom(refused(503), refused(429, 3_000), refused(503, 0), refused(404), refused(400)),
)
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    of: fc.constant('world' as const),
    after,
    kind: fc.constantFrom('online' as const, 'offline' as const, 'visible' as const),
  }),
  fc.record({
    of: fc.constant('attempt' as const),
    after,
    kind: fc.constantFrom('opened' as const, 'newEvent' as const),
  }),
  {
    weight: 4,
    arbitrary: fc.record({
      of: fc.constant('attempt' as const),
      after,
      kind: fc.constant('lost' as const),
      error,
    }),
  },
)

test('whatever happens: no storm, no standstill, and an end', () => {
  const run = (events: Event[], chance: number, accepted: boolean, online: boolean) => {
    let now = 0
    let state = beginning({ now, online, accepted })
    let plan: number | undefined = 0
    let attempt = false
    let ended = false
    const starts: number[] = []
    let barren = 0

    const tell = (event: ResumeEvent) => {
      const { state: next, next: order } = resume(state, event, now, chance)
      state = next
      if (order.do === 'go on') return
      expect(ended).toBe(false)
      attempt = false
      plan = undefined
      if (order.do === 'give up') ended = true
      else {
        expect(order.afterMs).toBeGreaterThanOrEqual(0)
        expect(order.afterMs).toBeLessThanOrEqual(
          Math.max(MAX_RETRY_AFTER_MS + BACKOFF_MAX_MS, OFFLINE_INTERVAL_MS),
        )
        plan = now + order.afterMs
      }
    }
    const tryIfDue = (until: number) => {
      if (plan === undefined || plan > until) return
      now = Math.max(now, plan)
      plan = undefined
      attempt = true
      starts.push(now)
      tell({ kind: 'trying' })
    }

    for (const { of, after, ...what } of events) {
      tryIfDue(now + after)
      now += after
      if (of === 'attempt' && !attempt) continue
      if (of === 'attempt' && what.kind !== 'lost' && what.kind !== 'opened' && state.phase !== 'open')
        continue
      if (what.kind === 'newEvent') barren = 0
      if (what.kind === 'lost') {
        const lasted = state.phase === 'open' && now - state.openedAt >= LASTING_MS
        const waits = !state.online && !state.accepted
        barren = lasted ? 1 : barren + (waits ? 0 : 1)
      }
      tell(what as ResumeEvent)
      // Something is under way, planned, or over.
      expect(attempt || plan !== undefined || ended).toBe(true)
    }
    for (let i = 1; i < starts.length; i++) {
      expect((starts[i] ?? 0) - (starts[i - 1] ?? 0)).toBeGreaterThanOrEqual(MIN_INTERVAL_MS)
    }
    expect(barren).toBeLessThanOrEqual(MAX_FAILURES)

    // And if nothing works any more, it is given up, unless a question waits for a network.
    if (!state.online) tell({ kind: 'online' })
    for (let i = 0; i <= MAX_FAILURES && !ended; i++) {
      tryIfDue(Number.POSITIVE_INFINITY)
      tell(lost())
    }
    expect(ended).toBe(true)
    expect(plan).toBeUndefined()
  }
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      fc.boolean(),
      run,
    ),
    { numRuns: 500 },
  )
})
