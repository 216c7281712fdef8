import { lazily } from '../lazily.ts'

export type SuggestionsPart = typeof import('./part.ts')

export const loadSuggestions = lazily((): Promise<SuggestionsPart> => import('./part.ts'))
