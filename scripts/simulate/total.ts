/**
 * The object that hands out the deployment's tokens: the Worker's own code, with its tables in memory, behind a
 * server with one thread.
 */
import { openDatabase } from '../../test/support/sqlite.ts'
import { createCallBack } from '../../worker/budget/call-back.ts'
import { dayOf } from '../../worker/budget/day.ts'
import { createDeploymentBudget } from '../../worker/budget/deployment-budget.ts'
import type { SliceAnswer, SliceRequest } from '../../worker/budget/slice.ts'
import type { Account } from './account.ts'
import type { Events } from './events.ts'
import { createServer, type Gauge } from './server.ts'

export interface Total {
  /** A message arrives. `answer` is called when the object answers. */
  receive(request: SliceRequest, answer: (answer: SliceAnswer) => void): void
  /** Rows of callers. */
  leases(): number
  /** Messages that found too little, and waited until others gave back. */
  readonly calledBack: number
}

interface Parts {
  events: Events
  account: Account
  gauge: Gauge
  limit: number
  messageMs: number
  /** Asks a caller's object to give back; resolves once it has. */
  ask(holder: string): Promise<unknown>
}

export function createTotal({ events, account, gauge, limit, messageMs, ask }: Parts): Total {
  const database = openDatabase()
  const budget = createDeploymentBudget(database)
  const callBack = createCallBack(budget, ask, events.now, events.sleep)
  const server = createServer(gauge)
  const day = dayOf(events.now())
  let calledBack = 0

  function note(): void {
    const [row] = database.rows('SELECT granted FROM total WHERE day = ?', day)
    account.putDown(Number(row?.granted ?? 0))
    database.statements.length = 0
  }

  return {
    receive(request, answer) {
      events.at(server.serve(events.now(), messageMs), () => {
        const granted = callBack.grant(request, limit)
        note()
        if (!(granted instanceof Promise)) return answer(granted)
        calledBack++
        events.drain()
        void granted.then((late) => {
          note()
          answer(late)
        })
      })
    },
    leases: () => Number(database.rows('SELECT count(*) AS leases FROM lease')[0]?.leases),
    get calledBack() {
      return calledBack
    },
  }
}
