/**
 * The one object that hands the deployment's tokens for the day out to callers. Its class is named for its
 * storage. Glue.
 */
import { DurableObject, exports } from 'cloudflare:workers'
import { type CallBack, createCallBack } from '../budget/call-back.ts'
import { createDeploymentBudget, type DeploymentBudget } from '../budget/deployment-budget.ts'
import type { SliceAnswer, SliceRequest } from '../budget/slice.ts'
import { readConfig, type Vars } from '../config/config.ts'
import { sqlOf } from './sql.ts'

export class Treasury extends DurableObject<Vars> {
  #parts: { budget: DeploymentBudget; callBack: CallBack } | undefined
  /** When the alarm is set to, as far as this start of the object knows. */
  #alarmAt: number | undefined

  async grant(request: SliceRequest): Promise<SliceAnswer> {
    const limit = readConfig(this.env).budgets.totalTokens ?? 0
    const answer = await this.#open().callBack.grant(request, limit)
    await this.#scheduleAlarm()
    return answer
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    this.#open().budget.runDueWork(Date.now())
    await this.#scheduleAlarm()
  }

  #open() {
    if (this.#parts !== undefined) return this.#parts
    const budget = createDeploymentBudget(sqlOf(this.ctx.storage))
    // By name: an object that is woken by its id doesn't know its own name, and so not whose it is.
    const ask = (holder: string) => exports.Caller.getByName(holder).giveBack()
    this.#parts = { budget, callBack: createCallBack(budget, ask, Date.now) }
    return this.#parts
  }

  async #scheduleAlarm(): Promise<void> {
    const due = this.#open().budget.dueAt()
    // Setting the alarm at each message would cost a row each.
    if (due !== undefined && due === this.#alarmAt) return
    this.#alarmAt = due
    if (due !== undefined) return this.ctx.storage.setAlarm(due)
    this.#parts = undefined
    await this.ctx.storage.deleteAll()
  }
}
