/** Real curl, from the PATH. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Curled {
  text: string
  /** Curl's exit status: 0 for a whole answer, 18 for one that broke off. */
  status: number | null
  /** Curl's error output. */
  complaint: string
}

/** Runs curl without its progress meter and without the user's `.curlrc`. */
export const curl = (...args: string[]): Promise<Curled> => startCurl(...args).over

/** The same, to be read while it runs. */
export function startCurl(...args: string[]): { text(): string; over: Promise<Curled> } {
  const child = spawn('curl', ['-q', '-sS', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const parts: Buffer[] = []
  let complaint = ''
  const text = () => Buffer.concat(parts).toString()
  child.stdout.on('data', (bytes: Buffer) => parts.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  const over = once(child, 'close').then(() => ({ text: text(), status: child.exitCode, complaint }))
  return { text, over }
}
