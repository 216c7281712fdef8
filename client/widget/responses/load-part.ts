/** Whether to ask by the Responses API, and the part that can. */
import type { Health } from '../../../worker/protocol/wire.ts'
import { getJson } from '../visitor/get-json.ts'

export type ResponsesPart = typeof import('./part.ts')

/**
 * How long the first question waits for the Worker to say it. Without its word, all Workers speak the other
 * API.
 */
const SAID_MS = 5_000

let loading: Promise<ResponsesPart> | undefined
let loaded: ResponsesPart | undefined

export function loadResponses(): Promise<ResponsesPart> {
  loading ??= load()
  return loading
}

async function load(): Promise<ResponsesPart> {
  try {
    loaded = await import('./part.ts')
    return loaded
  } catch (error) {
    loading = undefined
    throw error
  }
}

/** For what can't wait. An answer with sources has loaded it, unless that failed. */
export const responsesPart = (): ResponsesPart | undefined => loaded

/** @returns what asks once, and gives the part where the Worker is to be asked by the Responses API */
export function createApiChoice(endpoint: string): () => Promise<ResponsesPart | undefined> {
  let chosen: Promise<ResponsesPart | undefined> | undefined

  async function choose(): Promise<ResponsesPart | undefined> {
    const health = await getJson<Health>(`${endpoint}/healthz`, (path) =>
      fetch(path, { signal: AbortSignal.timeout(SAID_MS) }),
    )
    // It can't be reached now: ask again with the next question.
    if (health === undefined) chosen = undefined
    if (health?.api !== 'responses') return undefined
    // Where the page blocks it, answers come without tools.
    return loadResponses().catch(() => undefined)
  }

  return () => {
    chosen ??= choose()
    return chosen
  }
}
