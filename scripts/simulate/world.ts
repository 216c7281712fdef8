/** A deployment with its visitors, from the first of them until an end. */
import { type Account, createAccount } from './account.ts'
import { createAddresses } from './address.ts'
import type { Caller } from './caller.ts'
import { createChance } from './chance.ts'
import { createEvents } from './events.ts'
import { createGauge, type Gauge, type Server } from './server.ts'
import { createTotal } from './total.ts'
import { ASSUMED, arrive, type Tally } from './visitor.ts'
import type { WorkTimes } from './work.ts'

export interface Plan {
  seed: number
  work: WorkTimes
  /** When visitors come, in order: milliseconds since the epoch, of one day. */
  arrivals: readonly number[]
  /** What happens before isn't counted: the deployment is on its way. */
  from: number
  end: number
  /** Answers of a visitor, and tokens of each: in all, and in a second. */
  answers: number
  tokens: number
  pace: number
  /** The tokens of the whole deployment for the day. */
  limit: number
  /** All objects restart within a second, and can't be reached for a while. */
  deployment?: { at: number; downMs: number }
}

export interface Outcome {
  /** Messages to the total's object, requests to visitors' objects, and to addresses'. */
  total: Gauge
  visitors: Gauge
  addresses: Gauge
  tally: Tally
  account: Account
  leases: number
  calledBack: number
}

export async function simulate(plan: Plan): Promise<Outcome> {
  const { seed, work, arrivals, from, end, answers, tokens, pace, limit, deployment } = plan
  const [first = from] = arrivals
  const events = createEvents(first)
  const chance = createChance(seed)
  const account = createAccount(limit)
  const [total, visitors, addresses] = [createGauge(from), createGauge(from), createGauge(from)]
  const callers = new Map<string, { caller: Caller; server: Server }>()
  const running = new Set<() => void>()
  const tally = emptyTally()
  let upAt = -Infinity

  const deploymentTotal = createTotal({
    ...{ events, account, gauge: total, limit, messageMs: work.message },
    async ask(holder) {
      const asked = callers.get(holder)
      await events.sleep(ASSUMED.farHop.most)
      asked?.server.serve(events.now(), work.message)
      await asked?.caller.giveBack()
      await events.sleep(ASSUMED.farHop.most)
    },
  })
  const visit = {
    ...{ answers, tokens, pace, work, tally, callers, running },
    addresses: createAddresses(addresses, work.message, chance),
    gauge: visitors,
    parts: {
      ...{ events, chance, account, total: deploymentTotal, end },
      ...{ messageMs: work.message, lost: ASSUMED.lost.message },
    },
    upAt: () => upAt,
  }

  events.at(from, () => Object.assign(tally, emptyTally(), { running: tally.running }))

  let came = 0
  function nextArrival(): void {
    const at = arrivals[came]
    if (at === undefined || at >= end) return
    events.at(at, () => {
      arrive(`${++came}`, visit)
      nextArrival()
    })
  }
  nextArrival()
  if (deployment !== undefined) {
    events.at(deployment.at, () => {
      upAt = deployment.at + deployment.downMs
      for (const restart of running) events.after(chance.between(0, 1000), restart)
    })
  }
  await events.run(end, account.check)
  return {
    total,
    visitors,
    addresses,
    tally,
    account,
    leases: deploymentTotal.leases(),
    calledBack: deploymentTotal.calledBack,
  }
}

const emptyTally = (): Tally => ({
  ...{ visitors: 0, sessionsRefused: 0, asked: 0, accepted: 0, refused: 0, failed: 0 },
  ...{ running: 0, mostRunning: 0, acceptedAfter: [], backAfter: [], reconnects: [] },
})
