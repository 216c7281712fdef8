interface CountedStorage {
  sql: { exec(statement: string, ...values: unknown[]): { toArray(): unknown[]; rowsWritten: number } }
  setAlarm(at: number): Promise<void>
}

/**
 * Counts what an object writes as it is billed: by SQLite's own count, with indexes and alarms. To be called
 * before the work that is counted.
 *
 * @returns how many rows have been written since
 */
export function countRows(storage: CountedStorage): () => number {
  let rows = 0
  const exec = storage.sql.exec.bind(storage.sql)
  storage.sql.exec = ((statement: string, ...values: unknown[]) => {
    const cursor = exec(statement, ...values)
    const all = cursor.toArray()
    rows += cursor.rowsWritten
    return { toArray: () => all }
  }) as typeof exec
  // [doc] Cloudflare, "Durable Objects: Pricing": setting an alarm is a row written.
  const setAlarm = storage.setAlarm.bind(storage)
  storage.setAlarm = (at) => {
    rows++
    return setAlarm(at)
  }
  return () => rows
}
