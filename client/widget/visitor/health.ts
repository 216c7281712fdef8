/** What the Worker says of itself. It is asked once, when a part of the widget first wants to know. */
import type { Health } from '../../../worker/protocol/wire.ts'
import { getJson } from './get-json.ts'

/** How long the first question waits for it. */
const SAID_MS = 5_000

/** @returns what asks it. `undefined`: it can't be reached now, and is asked again the next time */
export function createHealth(endpoint: string): () => Promise<Partial<Health> | undefined> {
  let asked: Promise<Partial<Health> | undefined> | undefined

  async function ask(): Promise<Partial<Health> | undefined> {
    const health = await getJson<Health>(`${endpoint}/healthz`, (path) =>
      fetch(path, { signal: AbortSignal.timeout(SAID_MS) }),
    )
    if (health === undefined) asked = undefined
    return health
  }

  return () => {
    asked ??= ask()
    return asked
  }
}
