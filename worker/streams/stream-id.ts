/** The id of a stream. It is all that a caller needs to read the stream, so it can't be guessable. */

const RANDOM_BYTES = 16
const PATTERN = /^str_[\w-]{22}$/

/** 128 random bits. */
export function newStreamId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))
  return `str_${btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/={1,2}$/, '')}`
}

export function isStreamId(text: string): boolean {
  return PATTERN.test(text)
}
