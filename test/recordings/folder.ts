/** Where the recordings are, and what is there. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const RECORDINGS = resolve(
  import.meta.dirname,
  '../..',
  process.env.RECORDINGS || '../shared/recordings',
)

/** The recorded streams of Chat Completions: file name and bytes. */
export const recordedStreams = () => streamsIn(RECORDINGS)

/** The recorded streams of the Responses API. */
export const recordedResponses = () => streamsIn(join(RECORDINGS, 'responses'))

function streamsIn(folder: string): [name: string, bytes: Buffer][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sse'))
    .sort()
    .map((name) => [name, readFileSync(join(folder, name))])
}

/** The values of a file with one JSON value a line, in the shape that its README gives. */
export function recordedLines<T>(name: string): T[] {
  const lines = readFileSync(join(RECORDINGS, name), 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as T)
}

export function recordedJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(RECORDINGS, name), 'utf8')) as T
}
