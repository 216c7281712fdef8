/** The part that asks by the Responses API, and shows what only it tells. */
import { lazily } from '../lazily.ts'

export type ResponsesPart = typeof import('./part.ts')

let loaded: ResponsesPart | undefined

export const loadResponses = lazily(async () => {
  loaded = await import('./part.ts')
  return loaded
})

/** For what can't wait. An answer with sources has loaded it, unless that failed. */
export const responsesPart = (): ResponsesPart | undefined => loaded
