/** Real curl, from the PATH. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Received } from './caller.ts'

export interface Curled {
  /** Curl's output, each piece with its time of arrival (`performance.now()`). */
  parts: Received['parts']
  text: string
  /** Curl's exit status: 0 for a whole answer, 18 for one that broke off. */
  status: number | null
  /** Curl's error output. */
  complaint: string
}

/** Runs curl without its progress meter and without the user's `.curlrc`. */
export async function curl(...args: string[]): Promise<Curled> {
  const child = spawn('curl', ['-q', '-sS', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const parts: Received['parts'] = []
  let complaint = ''
  child.stdout.on('data', (bytes: Buffer) => parts.push({ at: performance.now(), bytes }))
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  await once(child, 'close')
  const text = Buffer.concat(parts.map(({ bytes }) => bytes)).toString()
  return { parts, text, status: child.exitCode, complaint }
}
