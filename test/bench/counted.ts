/** A line that workers/counted.ts logs: what an object has just done. */
export interface Counted {
  /** The object's name. */
  caller: string | undefined
  rows_written?: number
  object_requests?: number
}
