/** The one object that hands the deployment's tokens for the day out to callers. Glue: total.ts is the logic. */
import { DurableObject } from 'cloudflare:workers'
import { readConfig, type Vars } from '../config/config.ts'
import { sqlOf } from '../objects/sql-of.ts'
import type { SliceAnswer, SliceRequest } from './slice.ts'
import { createTotal, type Total } from './total.ts'

export class Treasury extends DurableObject<Vars> {
  #total: Total | undefined

  async allot(request: SliceRequest): Promise<SliceAnswer> {
    const limit = readConfig(this.env).budgets.totalTokens ?? 0
    const answer = this.#open().allot(request, limit, Date.now())
    await this.#awaitDue()
    return answer
  }

  override async alarm(): Promise<void> {
    this.#open().tend(Date.now())
    await this.#awaitDue()
  }

  #open(): Total {
    this.#total ??= createTotal(sqlOf(this.ctx.storage))
    return this.#total
  }

  async #awaitDue(): Promise<void> {
    const due = this.#open().dueAt()
    if (due !== undefined) await this.ctx.storage.setAlarm(due)
    else {
      this.#total = undefined
      await this.ctx.storage.deleteAll()
    }
  }
}
