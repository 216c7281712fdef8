/** The session that a visitor has: in memory, and where it outlives the page. */
import type { Session } from '../../worker/wire.ts'

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
  /** `undefined` once it is over. */
  held(): Held | undefined
  /** @param asked when it was asked for */
  hold(session: Session, asked: number): Held
  /** @param token which one; left out, whichever there is */
  drop(token?: string): void
}

/** @param now the wall clock in milliseconds. It may be wrong: only `expires_in` counts, and what is told over is over. */
export function sessionHolder(store: SessionStore | undefined, now: () => number): SessionHolder {
  let held = read(store?.get())

  function keep(next: Held | undefined): void {
    held = next
    store?.set(next === undefined ? null : JSON.stringify(next))
  }

  return {
    held: () => (held !== undefined && now() < held.endsAt ? held : undefined),
    hold({ token, expires_in }, asked) {
      const ms = expires_in * 1000
      const next = { token, renewAt: asked + ms * (1 - LAST_PART), endsAt: asked + ms }
      keep(next)
      return next
    },
    drop(token = held?.token) {
      if (held?.token === token) keep(undefined)
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
