/** Loads what pictures in questions need. */
import { lazily } from '../lazily.ts'

export const loadPictures = lazily(() => import('./part.ts'))
