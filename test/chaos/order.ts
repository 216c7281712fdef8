/** What the Worker under chaos is told at `/chaos`, and what it answers. */

export const OBJECT_KINDS = ['Caller', 'Treasury', 'Address'] as const
export type ObjectKind = (typeof OBJECT_KINDS)[number]

export interface ObjectRef {
  kind: ObjectKind
  id: string
}

/** What an object holds: the rows of each of its tables, and whether an alarm is set. */
export interface Held {
  rows: Record<string, number>
  hasAlarm: boolean
}

/** What the Worker is told at `/chaos`. */
export type Order =
  | { do: 'set clock'; ahead: number }
  | { do: 'count ticks' }
  /** Asks this address, past Millrace. */
  | { do: 'beat'; url: string }
  | { do: 'kill' | 'hold' | 'ring'; object: ObjectRef }
