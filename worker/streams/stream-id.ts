/** The name of a stream. Its caller reads the stream by it, so it can't be guessed. */

const RANDOM_BYTES = 16
const PATTERN = /^str_[\w-]{22}$/

/** 128 random bits. */
export function newStreamId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))
  return `str_${btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')}`
}

export function isStreamId(text: string): boolean {
  return PATTERN.test(text)
}
