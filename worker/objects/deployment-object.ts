/**
 * The one object that hands the deployment's tokens for the day out to callers. Its class is named for its
 * storage. Glue.
 */
import { DurableObject } from 'cloudflare:workers'
import { createDeploymentBudget, type DeploymentBudget } from '../budget/deployment-budget.ts'
import type { SliceAnswer, SliceRequest } from '../budget/slice.ts'
import { readConfig, type Vars } from '../config/config.ts'
import { sqlOf } from './sql.ts'

export class Treasury extends DurableObject<Vars> {
  #budget: DeploymentBudget | undefined

  async grant(request: SliceRequest): Promise<SliceAnswer> {
    const limit = readConfig(this.env).budgets.totalTokens ?? 0
    const answer = this.#open().grant(request, limit, Date.now())
    await this.#scheduleAlarm()
    return answer
  }

  override async alarm(): Promise<void> {
    this.#open().runDueWork(Date.now())
    await this.#scheduleAlarm()
  }

  #open(): DeploymentBudget {
    this.#budget ??= createDeploymentBudget(sqlOf(this.ctx.storage))
    return this.#budget
  }

  async #scheduleAlarm(): Promise<void> {
    const due = this.#open().dueAt()
    if (due !== undefined) return this.ctx.storage.setAlarm(due)
    this.#budget = undefined
    await this.ctx.storage.deleteAll()
  }
}
