import { describe, expect, test } from 'vitest'
import type { WireError } from '../../worker/protocol/wire.ts'
import { meaningOf } from '../../worker/upstreams/move-on.ts'
import { aboutOf } from '../../worker/upstreams/refusal.ts'

const wire = (error: Partial<WireError>): WireError => ({
  message: 'm',
  type: 't',
  param: null,
  code: null,
  ...error,
})
const meaning = (status: number, error: Partial<WireError> = {}) =>
  meaningOf(status, aboutOf(status, wire(error)))

test.each([301, 408, 429, 500, 501, 502, 503, 504, 520, 529])('%i: the next one is asked', (status) => {
  expect(meaning(status)).toBe('failed')
})

test('so it is without a status: a broken connection, a deadline, what is no answer', () => {
  expect(meaningOf(undefined, undefined)).toBe('failed')
})

test.each([401, 402, 403, 407])('%i refuses this Worker: the next one is asked, and it rests', (status) => {
  expect(meaning(status)).toBe('refused')
})

test.each([400, 404, 405, 409, 413, 415, 422])('%i is final', (status) => {
  expect(meaning(status)).toBe('final')
})

describe('an upstream that lacks the model: the next one is asked', () => {
  test.each<[string, number, Partial<WireError>]>([
    ['OpenAI', 404, { code: 'model_not_found' }],
    ['Azure', 404, { code: 'DeploymentNotFound' }],
    ['Groq', 400, { code: 'model_decommissioned' }],
    ['Mistral', 400, { type: 'invalid_model' }],
    ['Ollama', 404, { message: 'model "x" not found, try pulling it first' }],
    ['vLLM', 404, { message: 'The model `x` does not exist.', type: 'NotFoundError' }],
  ])('as %s says it', (_, status, error) => {
    expect(meaning(status, error)).toBe('lacks-model')
  })
})

describe('a content policy is final, whatever its status', () => {
  test.each<[string, number, Partial<WireError>]>([
    ['Azure', 400, { code: 'content_filter' }],
    ['OpenAI', 400, { code: 'content_policy_violation' }],
    ['OpenRouter', 403, { message: 'The model requires moderation. Your input was flagged.' }],
    ['one that calls it a failure', 500, { code: 'content_filter' }],
  ])('as %s says it', (_, status, error) => {
    expect(meaning(status, error)).toBe('final')
  })
})

describe('a context that is too long', () => {
  test.each<[string, number, Partial<WireError>]>([
    ['OpenAI and Groq', 400, { code: 'context_length_exceeded' }],
    [
      'vLLM',
      400,
      { message: "This model's maximum context length is 8192 tokens.", type: 'BadRequestError' },
    ],
    ['others', 413, { message: 'Your prompt exceeds the context window.' }],
  ])('as %s say it', (_, status, error) => {
    expect(meaning(status, error)).toBe('too-long')
  })
})

test('a spent quota is a refusal, since waiting does not help', () => {
  expect(meaning(429, { code: 'insufficient_quota' })).toBe('refused')
})
