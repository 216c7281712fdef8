/** Holds a visitor's session, in memory and in a store that outlives the page. */
import type { Session } from '../../worker/protocol/wire.ts'

/** A session is renewed when less than this part of its time is left. */
const LAST_PART = 1 / 2

export interface SessionStore {
  get(): string | null
  /** `null` clears the store. */
  set(text: string | null): void
}

/** Times by this machine's clock, in milliseconds. */
export interface Held {
  token: string
  renewAt: number
  endsAt: number
}

interface SessionHolder {
  /**
   * The current session; `undefined` once it is over. Also looks into the store: another tab may have a
   * newer one.
   */
  held(): Held | undefined
  /** @param asked when the session was requested */
  hold(session: Session, asked: number): Held
  /** @param token drops only this token's session; without it, any session */
  drop(token?: string): void
}

/** @param now the wall clock in milliseconds. It may be wrong, so only `expires_in` is used */
export function sessionHolder(store: SessionStore | undefined, now: () => number): SessionHolder {
  const kept = () => read(store?.get())
  let held = kept()

  const unlessOver = (one: Held | undefined) => (one !== undefined && now() < one.endsAt ? one : undefined)

  return {
    held() {
      if (!unlessOver(held)) held = kept()
      return unlessOver(held)
    },
    hold({ token, expires_in }, asked) {
      const ms = expires_in * 1000
      const next = { token, renewAt: asked + ms * (1 - LAST_PART), endsAt: asked + ms }
      held = next
      store?.set(JSON.stringify(next))
      return next
    },
    drop(token = held?.token) {
      if (held?.token === token) held = undefined
      if (kept()?.token === token) store?.set(null)
    },
  }
}

/** Text that another version of the page left is ignored. */
function read(text: string | null | undefined): Held | undefined {
  try {
    const { token, renewAt, endsAt } = JSON.parse(text ?? '{}') as Partial<Held>
    if (typeof token !== 'string' || typeof renewAt !== 'number' || typeof endsAt !== 'number')
      return undefined
    return { token, renewAt, endsAt }
  } catch {
    return undefined
  }
}
