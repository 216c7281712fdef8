/** Loads what pictures in questions need. */

export type PicturesPart = typeof import('./part.ts')

export const loadPictures = (): Promise<PicturesPart> => import('./part.ts')
