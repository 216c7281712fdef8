/** Whether anything is overspent: checked after each event. */

export interface Account {
  /** A caller's part of a day changed: what it may spend without asking, and what it has spent or reserved. */
  change(held: number, spent: number): void
  /** What the deployment has put down for all callers together. */
  putDown(tokens: number): void
  /** @throws {Overspent} */
  check(): void
  readonly held: number
  readonly spent: number
  /** The most that was put down at any time. */
  readonly most: number
}

export class Overspent extends Error {}

/** @param limit the tokens of the whole deployment for the day */
export function createAccount(limit: number): Account {
  let held = 0
  let spent = 0
  let down = 0
  let most = 0
  return {
    change(heldMore, spentMore) {
      held += heldMore
      spent += spentMore
    },
    putDown(tokens) {
      down = tokens
      most = Math.max(most, tokens)
    },
    check() {
      if (spent <= held && held <= down && down <= limit) return
      throw new Overspent(
        `Overspent: callers have spent ${spent} and may spend ${held}; ${down} are put down, of ${limit}.`,
      )
    },
    get held() {
      return held
    },
    get spent() {
      return spent
    },
    get most() {
      return most
    },
  }
}
