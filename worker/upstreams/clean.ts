/** An error in the upstream's words, without what they tell of the upstream. */
import { MAX_ERROR_MESSAGE_CHARS } from '../limits.ts'
import type { WireError } from '../protocol/wire.ts'

/** For every place where the upstream's words are passed on as Millrace's own. */
export function cleaned({ message, type, param, code }: WireError): WireError {
  return { message: clean(message), type: clean(type), param: clean(param), code: clean(code) }
}

/**
 * What identifies the account or the machines behind the upstream, in any of its messages. Each pattern takes
 * time linear in the text: none has a repetition that can begin at many places and run over the same
 * characters from each.
 */
const PRIVATE = [
  /\b(?:sk|pk|rk|sess|mr)[-_][\w*.-]{4,}/g,
  /\bBearer\s+\S+/gi,
  /\b(?:org|proj)[-_]\w{6,}/g,
  // A page that explains the error is the caller's to read; any other address is the upstream's own.
  /\bhttps?:\/\/(?!(?:platform|help)\.openai\.com\b)[^\s"'<>]+/gi,
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g,
  // The first line of a stack trace and all below it. `\s` in place of `[^\S\n]` would be quadratic in line
  // feeds.
  /\r?\n[^\S\n]*(?:at |File "|Traceback)[\s\S]*/g,
  // Pydantic, and so vLLM, quotes the request that it refuses, with the owner's system prompt.
  /(?:['"]input['"]\s*:|\binput_value=)[\s\S]*/g,
]

const STRUCK = '[…]'

function clean<T extends string | null>(text: T): T
function clean(text: string | null): string | null {
  if (text === null) return null
  const struck = PRIVATE.reduce((rest, pattern) => rest.replace(pattern, STRUCK), beginning(text))
  return struck.slice(0, MAX_ERROR_MESSAGE_CHARS)
}

/**
 * As much of a text as can be needed, cut before its patterns are looked for. The word that the cut goes
 * through is dropped: half a secret isn't recognised as one.
 */
function beginning(text: string): string {
  const most = 2 * MAX_ERROR_MESSAGE_CHARS
  if (text.length <= most) return text
  let end = most
  while (end > 0 && !/\s/.test(text.charAt(end))) end--
  return end === 0 ? STRUCK : text.slice(0, end)
}
