/** The object of an address: how many sessions it has had. It is made by the address's name (guard/address.ts), which says nothing of it. */
import { DurableObject } from 'cloudflare:workers'
import { SESSIONS_PER_ADDRESS } from '../limits.ts'
import type { Reply } from '../objects/reply.ts'
import { sqlOf } from '../objects/sql-of.ts'
import { createQuota, type Excess } from './quota.ts'

export class Address extends DurableObject {
  /** Counts a session. @returns why there may be none */
  async take(): Promise<Reply<Excess | undefined>> {
    const quota = createQuota(sqlOf(this.ctx.storage), SESSIONS_PER_ADDRESS)
    const excess = quota.take(Date.now())
    const emptyAt = quota.emptyAt()
    if (emptyAt !== undefined) await this.ctx.storage.setAlarm(emptyAt)
    return { answer: excess }
  }

  override async alarm(): Promise<void> {
    const emptyAt = createQuota(sqlOf(this.ctx.storage), SESSIONS_PER_ADDRESS).emptyAt()
    if (emptyAt === undefined || emptyAt <= Date.now()) await this.ctx.storage.deleteAll()
    else await this.ctx.storage.setAlarm(emptyAt)
  }
}
