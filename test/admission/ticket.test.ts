import { expect, test, vi } from 'vitest'
import { type Admission, reopenTicket, type TicketBudget, takeTicket } from '../../worker/admission/ticket.ts'
import type { CallerLimits } from '../../worker/budget/budget-state.ts'
import { createCallerBudget } from '../../worker/budget/caller-budget.ts'
import { ApiError } from '../../worker/errors.ts'
import { SETTLE_ATTEMPT_MS, SETTLE_ATTEMPTS, SETTLE_PAUSE_MS } from '../../worker/limits.ts'
import { openDatabase } from '../support/sqlite.ts'

const LIMITS: CallerLimits = { tokensPerDay: 1000, concurrency: undefined, sliced: false }
const reservation = (id = 'req_1') => ({ id, prompt: 10, output: 90, expiresAt: Date.now() + 60_000 })

function open() {
  const deployment = { grant: () => Promise.reject(new Error()) }
  const budget = createCallerBudget(openDatabase(), deployment, 'caller', Date.now)
  const used = () => {
    const { used, reserved } = budget.usage(LIMITS)
    return { used, reserved }
  }
  const tickets: TicketBudget = {
    reserve: budget.reserve,
    settle: async (id, tokens) => budget.settle(id, tokens),
    charge: async (id, tokens) => budget.charge(id, tokens),
  }
  return { tickets, used }
}

function admittedOf(taken: Admission | ApiError): Admission {
  if (taken instanceof ApiError) throw taken
  return taken
}

test('a call within its limits: its tokens are put aside, and settled once', async () => {
  const { tickets, used } = open()
  const taken = await takeTicket(tickets, reservation(), { caller: 'visitor:a', limits: LIMITS })
  const { ticket, state } = admittedOf(taken)
  expect([ticket.id, ticket.outputBound]).toEqual(['req_1', 90])
  expect(state).toMatchObject({ left: 900, reserved: 100 })
  await ticket.settle(42)
  await ticket.settle(900)
  await ticket.settle(undefined)
  expect(used()).toEqual({ used: 42, reserved: 0 })
})

test.each([
  ['never made', 0, 0],
  ['without a count', undefined, 10],
])('a call that was %s is settled at %s tokens: %s are used', async (_, tokens, expected) => {
  const { tickets, used } = open()
  const taken = await takeTicket(tickets, reservation(), { caller: 'key:a', limits: LIMITS })
  await admittedOf(taken).ticket.settle(tokens)
  expect(used()).toEqual({ used: expected, reserved: 0 })
})

test('a call that does not fit is refused, and puts nothing aside', async () => {
  const { tickets, used } = open()
  const holder = { caller: 'visitor:a', limits: { ...LIMITS, tokensPerDay: 99 } }
  const taken = await takeTicket(tickets, reservation(), holder)
  expect(taken).toMatchObject({ code: 'tokens_per_day_exceeded', status: 429 })
  expect(used()).toEqual({ used: 0, reserved: 0 })
})

test.each<[string, TicketBudget['settle']]>([
  ['hangs', () => new Promise(() => {})],
  ['was restarted', async () => new ApiError('object_unavailable')],
])('an object that %s is asked again to settle', async (_, failing) => {
  vi.useFakeTimers()
  try {
    const { tickets, used } = open()
    const settle = vi.fn(tickets.settle).mockImplementationOnce(failing)
    const taken = await takeTicket({ ...tickets, settle }, reservation(), { caller: 'key:a', limits: LIMITS })
    const settled = admittedOf(taken).ticket.settle(42)
    await vi.advanceTimersByTimeAsync(SETTLE_ATTEMPT_MS)
    await settled
    expect(settle).toHaveBeenCalledTimes(2)
    expect(used()).toEqual({ used: 42, reserved: 0 })
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('an object that hangs for good does not keep the settlement open', async () => {
  vi.useFakeTimers()
  try {
    const { tickets } = open()
    const settle = vi.fn(() => new Promise<never>(() => {}))
    const taken = await takeTicket({ ...tickets, settle }, reservation(), { caller: 'key:a', limits: LIMITS })
    const settled = admittedOf(taken).ticket.settle(42)
    await vi.advanceTimersByTimeAsync(SETTLE_ATTEMPT_MS * SETTLE_ATTEMPTS)
    await settled
    expect(settle).toHaveBeenCalledTimes(SETTLE_ATTEMPTS)
  } finally {
    vi.useRealTimers()
  }
})

test('a budget that can not be reached admits nothing', async () => {
  const { tickets } = open()
  const unreachable = { ...tickets, reserve: async () => new ApiError('object_unavailable') }
  const taken = await takeTicket(unreachable, reservation(), { caller: 'visitor:a', limits: LIMITS })
  expect(taken).toMatchObject({ code: 'object_unavailable' })
})

test.each([
  ['key:a', 42, 42],
  ['key:a', undefined, 10],
  ['key:a', 0, 0],
  ['visitor:a', 42, 0],
  ['demo', 42, 0],
  ['open', undefined, 0],
])('without limits %s is admitted at once, and of %s tokens %s count', async (caller, tokens, expected) => {
  const { tickets, used } = open()
  const taken = takeTicket(tickets, reservation(), { caller, limits: undefined })
  if (taken instanceof Promise) throw new Error('It waits.')
  expect([taken.ticket.outputBound, taken.state]).toEqual([undefined, undefined])
  for (let times = 0; times < 2; times++) await taken.ticket.settle(tokens)
  expect(used()).toEqual({ used: expected, reserved: 0 })
})

test.each([
  ['key:a', LIMITS, 42],
  ['key:a', undefined, 42],
  ['visitor:a', LIMITS, 42],
  ['visitor:a', undefined, 0],
])(
  'after a restart the call of %s is still settled once, with limits or without',
  async (caller, limits, expected) => {
    const { tickets, used } = open()
    await takeTicket(tickets, reservation(), { caller, limits })
    const ticket = reopenTicket(tickets, 'req_1', caller)
    for (let times = 0; times < 2; times++) await ticket.settle(42)
    expect(used()).toEqual({ used: expected, reserved: 0 })
  },
)

test.each([
  ['with limits', LIMITS],
  ['without', undefined],
])('if the answer to settling is lost, a call %s is never charged twice', async (_, limits) => {
  vi.useFakeTimers()
  try {
    const { tickets, used } = open()
    await takeTicket(tickets, reservation(), { caller: 'key:a', limits })
    const settle = vi.fn(tickets.settle).mockImplementationOnce(async (id, tokens) => {
      await tickets.settle(id, tokens)
      return new ApiError('object_unavailable')
    })
    const settled = reopenTicket({ ...tickets, settle }, 'req_1', 'key:a').settle(42)
    await vi.advanceTimersByTimeAsync(SETTLE_PAUSE_MS)
    await settled
    // Without limits nothing was reserved, and it isn't known whether it was counted.
    expect(used()).toEqual({ used: limits === undefined ? 0 : 42, reserved: 0 })
  } finally {
    vi.useRealTimers()
  }
})
