/** Reads and lowers the limits that a chat request sets for the tokens of each choice. */
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
 * @param request one that `readOutputBounds` has read
 * @returns the fields to set, so that no choice has more than `most` tokens
 */
export function boundOutput(
  request: ChatRequest,
  most: number,
  field: OutputBoundField = 'max_completion_tokens',
): Partial<Record<OutputBoundField, number>> {
  const set: Partial<Record<OutputBoundField, number>> = {}
  const asked = BOUNDS.filter((name) => request[name] != null)
  if (asked.length === 0) set[field] = most
  for (const name of asked) {
    if (Number(request[name]) > most) set[name] = most
  }
  return set
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
