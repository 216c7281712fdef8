/**
 * The Durable Object of an address counts the address's sessions. Its name is a keyed hash of the address
 * (address.ts).
 */
import { DurableObject } from 'cloudflare:workers'
import { SESSIONS_PER_ADDRESS } from '../limits.ts'
import type { Reply } from '../objects/reply.ts'
import { sqlOf } from '../objects/sql.ts'
import { createQuota, type Quota, type QuotaExceeded } from './quota.ts'

export class Address extends DurableObject {
  #quota: Quota | undefined

  /** @returns the exceeded limit, if no further session is allowed */
  async countSession(): Promise<Reply<QuotaExceeded | undefined>> {
    const quota = this.#open()
    const exceeded = quota.countSession(Date.now())
    const emptyAt = quota.emptyAt()
    if (emptyAt !== undefined) await this.ctx.storage.setAlarm(emptyAt)
    return { answer: exceeded }
  }

  override async alarm(): Promise<void> {
    const emptyAt = this.#open().emptyAt()
    if (emptyAt !== undefined && emptyAt > Date.now()) return this.ctx.storage.setAlarm(emptyAt)
    this.#quota = undefined
    await this.ctx.storage.deleteAll()
  }

  #open(): Quota {
    this.#quota ??= createQuota(sqlOf(this.ctx.storage), SESSIONS_PER_ADDRESS)
    return this.#quota
  }
}
