import { lazily } from '../lazily.ts'

export const loadContext = lazily(() => import('./part.ts'))
