/** Where the recordings are, and what is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const RECORDINGS = resolve(
  import.meta.dirname,
  '../..',
  process.env.RECORDINGS || '../shared/recordings',
)

/** The recorded streams: file name and bytes. */
export function recordedStreams(): [name: string, bytes: Buffer][] {
  return readdirSync(RECORDINGS)
    .filter((name) => name.endsWith('.sse'))
    .sort()
    .map((name) => [name, readFileSync(join(RECORDINGS, name))])
}

/** The values of a file with one JSON value a line, in the shape that its README gives. */
export function recordedLines<T>(name: string): T[] {
  const lines = readFileSync(join(RECORDINGS, name), 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as T)
}

export function recordedJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(RECORDINGS, name), 'utf8')) as T
}
