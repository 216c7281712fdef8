/** A subsystem of an object, with tables of its own. The object has one alarm for all its parts. */
export interface Part {
  /** When `runDueWork` has something to do; `undefined`: nothing of this part is stored or running. */
  dueAt(): number | undefined
  /** Does what is due by now. Called too early, it does nothing. */
  runDueWork(): void | Promise<void>
}
