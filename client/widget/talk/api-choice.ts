/** What the Worker can do for a page's chat, and the parts that use it. */
import type { Health } from '../../../worker/protocol/wire.ts'
import { loadResponses, type ResponsesPart } from '../responses/load-part.ts'
import { loadSuggestions, type SuggestionsPart } from '../suggestions/load-part.ts'

export interface Api {
  /** Asks by the Responses API, if the Worker is to be asked by it. */
  responses: ResponsesPart | undefined
  /** Takes suggestions off answers, if the Worker asks for some. */
  suggestions: SuggestionsPart | undefined
}

/**
 * @param health asks the Worker. Without its word, all Workers speak the other API, and suggest nothing
 * @returns what gives the parts that the Worker is to be asked with
 */
export function createApiChoice(health: () => Promise<Partial<Health> | undefined>): () => Promise<Api> {
  return async () => {
    const { api, suggestions: suggests } = (await health()) ?? {}
    // Where the page blocks a part, answers come without what it does.
    const [responses, suggestions] = await Promise.all([
      api === 'responses' ? loadResponses().catch(() => undefined) : undefined,
      suggests ? loadSuggestions().catch(() => undefined) : undefined,
    ])
    return { responses, suggestions }
  }
}
