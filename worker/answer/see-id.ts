/** Finds the id by which the upstream keeps an answer, in the answer's first event that has one. */
import type { WireFormat } from '../formats/wire-format.ts'
import { parseJson } from '../protocol/json.ts'

/** An id that doesn't stand in one of the first events stands nowhere. */
const FIRST_EVENTS = 4

export interface IdObserver {
  see(event: { data: string }): void
  /** Whether it has the id, or looks for none any more. */
  readonly isDone: boolean
}

/**
 * @param onId called once
 * @returns takes the answer's events, in order
 */
export function seeId({ idOf }: Pick<WireFormat, 'idOf'>, onId: (id: string) => void): IdObserver {
  let left = idOf === undefined ? 0 : FIRST_EVENTS
  return {
    get isDone() {
      return left === 0
    },
    see({ data }) {
      if (left === 0) return
      left--
      const id = idOf?.(parseJson(data))
      if (id === undefined) return
      left = 0
      onId(id)
    },
  }
}
