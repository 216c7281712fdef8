/** Reads and sets the limits of a chat request for the tokens of each choice. */
import { ApiError } from '../../errors.ts'
import { MAX_CHOICES } from '../../limits.ts'
import type { OutputBoundField } from '../format.ts'
import type { ChatRequest } from './wire.ts'

/**
 * Both fields bound a choice. Source: OpenAI's chat completions reference: `max_tokens` is deprecated, and
 * reasoning models refuse it; `max_completion_tokens` also counts reasoning.
 */
const BOUNDS: readonly OutputBoundField[] = ['max_tokens', 'max_completion_tokens']

export interface OutputBounds {
  choices: number
  outputBounds: readonly number[]
}

export function readOutputBounds(request: ChatRequest): OutputBounds | ApiError {
  const choices = readCount(request, 'n', MAX_CHOICES)
  if (choices instanceof ApiError) return choices
  const outputBounds: number[] = []
  for (const name of BOUNDS) {
    const bound = readCount(request, name, Number.MAX_SAFE_INTEGER)
    if (bound instanceof ApiError) return bound
    if (bound !== undefined) outputBounds.push(bound)
  }
  return { choices: choices ?? 1, outputBounds }
}

/**
 * Puts the bound into the field that the upstream reads, and nowhere else: the other field may not be read,
 * and OpenAI refuses a request that has both.
 *
 * @param most the tokens that no choice may have more of
 * @param field the one that the upstream reads
 */
export function boundOutput(
  request: ChatRequest,
  most: number,
  field: OutputBoundField = 'max_completion_tokens',
): ChatRequest {
  const other = BOUNDS.find((name) => name !== field && request[name] != null)
  if (other === undefined) return { ...request, [field]: most }
  const { [other]: _, ...others } = request
  return { ...others, [field]: most } as ChatRequest
}

function readCount(request: ChatRequest, name: string, most: number): number | undefined | ApiError {
  const value = request[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return value
  return new ApiError('invalid_parameter', {
    message: `\`${name}\` must be a whole number${most === MAX_CHOICES ? ` from 1 to ${most}` : ' above 0'}.`,
    param: name,
  })
}
