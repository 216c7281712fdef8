/** What the Worker can do for a page's chat, and the parts that use it. */
import type { Health } from '../../../worker/protocol/wire.ts'
import { loadResponses, type ResponsesPart } from '../responses/load-part.ts'
import { loadSuggestions, type SuggestionsPart } from '../suggestions/load-part.ts'
import { getJson } from '../visitor/get-json.ts'

export interface Api {
  /** Asks by the Responses API, if the Worker is to be asked by it. */
  responses: ResponsesPart | undefined
  /** Takes suggestions off answers, if the Worker asks for some. */
  suggestions: SuggestionsPart | undefined
}

/**
 * How long the first question waits for the Worker to say it. Without its word, all Workers speak the other
 * API, and suggest nothing.
 */
const SAID_MS = 5_000

/** @returns what asks once, and gives the parts that the Worker is to be asked with */
export function createApiChoice(endpoint: string): () => Promise<Api> {
  let chosen: Promise<Api> | undefined

  async function choose(): Promise<Api> {
    const health = await getJson<Health>(`${endpoint}/healthz`, (path) =>
      fetch(path, { signal: AbortSignal.timeout(SAID_MS) }),
    )
    // It can't be reached now: ask again with the next question.
    if (health === undefined) chosen = undefined
    // Where the page blocks a part, answers come without what it does.
    const [responses, suggestions] = await Promise.all([
      health?.api === 'responses' ? loadResponses().catch(() => undefined) : undefined,
      health?.suggestions ? loadSuggestions().catch(() => undefined) : undefined,
    ])
    return { responses, suggestions }
  }

  return () => {
    chosen ??= choose()
    return chosen
  }
}
