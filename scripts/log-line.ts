/**
 * A line of the Worker's log for people: `14:03:12  POST /chat  200  first token 0.41 s · 2.31 s · 8 + 173
 * tokens`.
 */
import { styleText } from 'node:util'
import type { RequestRecord } from '../worker/accounting/record.ts'
import { isRecord } from '../worker/protocol/json.ts'

type Logged = Partial<RequestRecord>

/**
 * @param line as the Worker logs it
 * @param now the time of day is that of this machine
 * @returns the line as it is, if it is no request's
 */
export function logLine(line: string, now: Date): string {
  const logged = read(line)
  if (logged === undefined) return line
  const { method, route, status = 0 } = logged
  const result = [status, logged.code].filter(Boolean).join(' ')
  const time = styleText('dim', now.toLocaleTimeString('en-GB'))
  // Without the patterns of its parameters: `/v1/models/:id{.+}`.
  const where = route === 'none' ? '(unknown path)' : route?.replace(/\{.*?\}/g, '')
  const what = `${`${method} ${where}`.padEnd(27)}  ${status < 400 ? result : styleText('red', result)}`
  const mended = logged.setting && `see ${logged.setting}`
  const about = [how(logged), ...speed(logged), ...tokens(logged), logged.cause, mended].filter(Boolean)
  return `${time}  ${what}  ${about.join(' · ')}`
}

function read(line: string): Logged | undefined {
  try {
    const value: unknown = JSON.parse(line, printable)
    return isRecord(value) && typeof value.route === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** Without characters that a terminal obeys: an upstream's words may be in it. */
const printable = (_: string, value: unknown) =>
  typeof value === 'string' ? value.replace(/\p{C}/gu, '\u{fffd}') : value

/** An answer that ended otherwise than whole, where the status doesn't say it. */
function how({ end, status = 0 }: Logged): string | undefined {
  return end === undefined || end === 'done' || status >= 400 ? undefined : styleText('yellow', end)
}

function speed({ first_token_ms, first_byte_ms, total_ms = 0, completion_tokens }: Logged): string[] {
  const total = seconds(total_ms)
  const [what, ms] = typeof first_token_ms === 'number' ? ['token', first_token_ms] : ['byte', first_byte_ms]
  // An answer in one piece has one time.
  if (completion_tokens === undefined || ms === undefined || seconds(ms) === total) return [total]
  return [`first ${what} ${seconds(ms)}`, total]
}

function tokens({ prompt_tokens, completion_tokens, usage_source }: Logged): string[] {
  if (completion_tokens === undefined) return []
  const about = usage_source === 'estimated' ? '≈ ' : ''
  return [`${about}${prompt_tokens ?? 0} + ${completion_tokens} tokens`]
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
