/**
 * A caller's object: the Worker's own ledger, and how it asks the total for tokens. The ledger reads its tables
 * when it starts, and keeps them in memory: so a database that keeps nothing is enough for an object that does
 * not restart.
 */
import { dayOf } from '../../worker/budget/day.ts'
import { createLedger, type Reservation } from '../../worker/budget/ledger.ts'
import { idleMsBy, type Shortage, type SliceAnswer, type SliceRequest } from '../../worker/budget/slice.ts'
import { GRANT_MS, VISITOR_BUDGET } from '../../worker/limits.ts'
import type { Sql } from '../../worker/objects/sql.ts'
import type { Account } from './account.ts'
import type { Chance } from './chance.ts'
import type { Events } from './events.ts'
import type { Server } from './server.ts'
import type { Total } from './total.ts'

export const FORGETFUL: Sql = { rows: () => [], transaction: (work) => work() }

const LIMITS = {
  tokensPerDay: VISITOR_BUDGET.tokensPerDay,
  concurrency: VISITOR_BUDGET.calls,
  sliced: true,
}

/** As many as a caller's budget makes. */
const ATTEMPTS = 3

/** `unavailable`: the total's object did not answer in time. */
export type Reserved = 'reserved' | 'refused' | 'unavailable' | { short: Shortage }

export interface Caller {
  reserve(reservation: Reservation, then: (reserved: Reserved) => void): void
  settle(id: string, used: number | undefined): void
  /** The total asks for what isn't used. Resolves once it is given back, or needn't be. */
  giveBack(): Promise<void>
}

export interface CallerParts {
  events: Events
  chance: Chance
  account: Account
  total: Total
  server: Server
  messageMs: number
  /** Of messages between the two objects, there and back. */
  lost: number
  /** When the simulation ends: later alarms are of no use. */
  end: number
}

/** @param hopMs how long a message takes to the total's object */
export function createCaller(name: string, hopMs: number, parts: CallerParts): Caller {
  const { events, chance, account, total, server, messageMs, lost, end } = parts
  const { now } = events
  let leases = 0
  const ledger = createLedger(FORGETFUL, () => `${name}/${++leases}`, idleMsBy(chance.next()))
  const day = dayOf(now())
  let held = 0
  let spent = 0
  let seq = 0
  let isAsking = false
  const waiting: (() => void)[] = []
  let alarmAt = Infinity

  /** Tells the account what this caller now may spend, and has spent. */
  function note(holds: number): void {
    if (dayOf(now()) !== day) return
    const { used, reserved } = ledger.usage(LIMITS, now())
    account.change(holds - held, used + reserved - spent)
    held = holds
    spent = used + reserved
  }

  function take(answer: SliceAnswer): void {
    ledger.take(answer)
    note(answer.seq === seq ? answer.granted : held)
  }

  /** @param answered called with the answer, unless it is lost or comes too late */
  function send(request: SliceRequest, answered: (answer: SliceAnswer | undefined) => void): void {
    seq = request.seq
    note(request.granted)
    let isOver = false
    const end = (answer: SliceAnswer | undefined) => {
      if (isOver) return
      isOver = true
      if (answer !== undefined) take(answer)
      answered(answer)
    }
    events.after(GRANT_MS, () => end(undefined))
    if (chance.happens(lost)) return
    events.after(hopMs, () =>
      total.receive(request, (answer) => {
        if (!chance.happens(lost)) events.after(hopMs, () => end(answer))
      }),
    )
  }

  function setAlarm(): void {
    const due = ledger.dueAt(now()) ?? Infinity
    if (due >= alarmAt || due >= end) return
    alarmAt = due
    events.at(due, () => {
      // An earlier alarm may have been set since.
      if (alarmAt !== due) return
      alarmAt = Infinity
      server.serve(now(), messageMs)
      const request = ledger.runDueWork(now())
      note(held)
      if (request !== undefined) send(request, setAlarm)
      else setAlarm()
    })
  }

  function reserve(reservation: Reservation, then: (reserved: Reserved) => void, attempt = 1): void {
    if (isAsking) {
      waiting.push(() => reserve(reservation, then, attempt))
      return
    }
    const outcome = ledger.reserve(reservation, LIMITS, now())
    note(held)
    setAlarm()
    if (outcome.kind !== 'short') {
      then(outcome.kind)
      return
    }
    isAsking = true
    send(outcome.request, (answer) => {
      isAsking = false
      const next = answer && ledger.reserve(reservation, LIMITS, now())
      note(held)
      setAlarm()
      if (next === undefined) then('unavailable')
      else if (next.kind !== 'short') then(next.kind)
      else if (answer?.shortage !== undefined) then({ short: answer.shortage })
      else if (attempt === ATTEMPTS) then('unavailable')
      else reserve(reservation, then, attempt + 1)
      for (const go of waiting.splice(0)) go()
    })
  }

  return {
    reserve,
    settle(id, used) {
      ledger.settle(id, used, now())
      note(held)
      setAlarm()
    },
    giveBack() {
      // A caller that asks gives back in its request.
      const request = isAsking ? undefined : ledger.giveBack(now())
      if (request === undefined) return Promise.resolve()
      return events.promise((resolve) => send(request, resolve))
    },
  }
}
