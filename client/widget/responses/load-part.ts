/** Whether to ask by the Responses API, and the part that can. */
import type { Health } from '../../../worker/protocol/wire.ts'

export type ResponsesPart = typeof import('./part.ts')

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

/**
 * @param health asks the Worker. Without its word, all Workers speak the other API
 * @returns what gives the part where the Worker is to be asked by the Responses API
 */
export function createApiChoice(
  health: () => Promise<Partial<Health> | undefined>,
): () => Promise<ResponsesPart | undefined> {
  return async () => {
    if ((await health())?.api !== 'responses') return undefined
    // Where the page blocks it, answers come without tools.
    return loadResponses().catch(() => undefined)
  }
}
