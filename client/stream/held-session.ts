/** The session that a visitor has: in memory, and where it outlives the page. */
import type { Session } from '../../worker/protocol/wire.ts'

/** Renewed when less than this part of its time is left. */
const LAST_PART = 1 / 2

export interface SessionStore {
  get(): string | null
  /** `null`: there is nothing to be kept any more. */
  set(text: string | null): void
}

/** Times by this machine's clock, in milliseconds. */
export interface Held {
  token: string
  renewAt: number
  endsAt: number
}

interface SessionHolder {
  /** `undefined` once it is over, also where it outlives the page: another tab may have asked for the next one. */
  held(): Held | undefined
  /** @param asked when it was asked for */
  hold(session: Session, asked: number): Held
  /** @param token which one; left out, whichever there is */
  drop(token?: string): void
}

/** @param now the wall clock in milliseconds. It may be wrong: only `expires_in` counts, and what is told over is over. */
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

/** What another version of the page may have left is none of ours. */
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
