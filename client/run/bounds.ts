/** Bounds of a run, with their reasons. Sizes in bytes, or characters of text. */

/** From the code's start. What takes longer is more likely an endless loop. */
export const MAX_RUN_MS = 60_000

/** Of Python's memory. A page may have 4 GB, and a phone kills it before. */
export const MAX_MEMORY = 1024 * 1024 * 1024

/** Of written text: more than anyone reads, and as much as a browser shows without getting slow. */
export const MAX_TEXT = 1024 * 1024

/** Pictures of one run, and their bytes. A figure has 50 to 500 KB. */
export const MAX_PICTURES = 20
export const MAX_PICTURE_BYTES = 16 * 1024 * 1024
