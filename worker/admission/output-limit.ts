/** How long an answer may be: what the caller asks for, and no more than `MAX_OUTPUT_TOKENS` a choice. */
import { ApiError } from '../errors.ts'
import { MAX_CHOICES } from '../limits.ts'
import type { ChatRequest } from '../protocol/wire.ts'

/**
 * Both bound a choice. Source: OpenAI's chat completions reference: `max_tokens` is deprecated, and reasoning models refuse it;
 * `max_completion_tokens` counts reasoning, too.
 */
const BOUNDS = ['max_tokens', 'max_completion_tokens'] as const

export interface OutputLimit {
  /** The fields that must change. */
  set: Partial<ChatRequest>
  /** Of all choices together; `undefined`: nobody bounds it. */
  tokens: number | undefined
}

/**
 * @param most `undefined`: as the caller says
 * @param reserved what is put aside for all choices together, if nobody says; `undefined`: nothing is
 */
export function limitOutput(
  request: ChatRequest,
  most: number | undefined,
  reserved?: number,
): OutputLimit | ApiError {
  const n = readCount(request, 'n', MAX_CHOICES)
  if (n instanceof ApiError) return n
  const choices = n ?? 1
  const set: Partial<ChatRequest> = {}
  const bounds: number[] = []
  for (const name of BOUNDS) {
    const asked = readCount(request, name, Number.MAX_SAFE_INTEGER)
    if (asked instanceof ApiError) return asked
    if (asked === undefined) continue
    if (most !== undefined && asked > most) set[name] = most
    bounds.push(Math.min(asked, most ?? asked))
  }
  // A streamed answer is ended where it outgrows what was put aside; one that comes whole can only be bounded before.
  const share = request.stream === true ? undefined : reserved && Math.floor(reserved / choices)
  const unsaid = most ?? share
  if (bounds.length === 0 && unsaid !== undefined) {
    set.max_completion_tokens = unsaid
    bounds.push(unsaid)
  }
  // Where both are given, which of them holds is for the upstream to say: the larger one is reckoned with.
  return { set, tokens: bounds.length === 0 ? undefined : Math.max(...bounds) * choices }
}

function readCount(request: ChatRequest, name: string, most: number): number | undefined | ApiError {
  const value = request[name]
  if (value === undefined || value === null) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most)
    return value as number
  return new ApiError('invalid_parameter', {
    message: `\`${name}\` must be a whole number${most === MAX_CHOICES ? ` from 1 to ${most}` : ' above 0'}.`,
    param: name,
  })
}
