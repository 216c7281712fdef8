import { describe, expect, test } from 'vitest'
import { applyLimits, chooseModel, maxBodyBytes, rulesFor } from '../../worker/admission/policy.ts'
import { readConfig } from '../../worker/config/config.ts'
import { DEFAULT_MODEL } from '../../worker/config/settings.ts'
import { ApiError } from '../../worker/errors.ts'
import { chatRequests } from '../../worker/formats/chat-completions/request.ts'
import { responsesRequests } from '../../worker/formats/responses/request.ts'
import { MAX_BODY_BYTES, RESERVED_OUTPUT_TOKENS, TOOL_RESULT, VISITOR_TOKENS } from '../../worker/limits.ts'
import type { Counter } from '../../worker/tokens/counter.ts'

/** Counts words. */
const words: Counter = {
  count: (text) => text.split(/\s+/).filter(Boolean).length,
  incremental() {
    let text = ''
    return {
      push(more) {
        text += more
      },
      end: () => words.count(text),
      get committed() {
        return 0
      },
    }
  },
}
const counting = { counterFor: () => words, reserve: false }
const request = { model: 'm', messages: [{ role: 'user' as const, content: 'one two three' }] }
type Rules = ReturnType<typeof rulesFor>
const rules = (caller: Parameters<typeof rulesFor>[0], vars: object = {}, reserve = false) =>
  rulesFor(caller, readConfig({ OPENAI_API_KEY: 'k', ...vars }), { ...counting, reserve })

function apply(asked: object, by: Rules) {
  const question = chatRequests.read({ ...asked }, by.visitor)
  return question instanceof ApiError ? question : applyLimits(question, 'm', by)
}

describe('holders of keys, and callers who need none', () => {
  test.each(['key:laptop', 'open', 'demo'] as const)('%s has no limits', (caller) => {
    const own = rules(caller, { SYSTEM_PROMPT: 'You sell shoes.' })
    expect(own.visitor).toBeUndefined()
    expect(apply({ ...request, store: true }, own)).toEqual({
      tokens: { prompt: undefined },
      outputBound: undefined,
      boundEach: undefined,
    })
  })

  test('may name any model, if none is listed', () => {
    expect(rules('key:laptop').models).toBeUndefined()
    expect(rules('key:laptop', { MODELS: 'a,b' }).models).toEqual(['a', 'b'])
    // The log has it too.
    expect(chooseModel('m'.repeat(256), rules('key:laptop'))).toHaveLength(256)
    expect(chooseModel('m'.repeat(257), rules('key:laptop'))).toMatchObject({
      code: 'invalid_parameter',
    })
  })

  test('have the same limits, if they are set', () => {
    const limits = { MAX_INPUT_TOKENS: '12', MAX_OUTPUT_TOKENS: '50' }
    expect(apply(request, rules('key:laptop', limits))).toEqual({
      tokens: { prompt: 10 },
      outputBound: 50,
      boundEach: 50,
    })
    const long = { ...request, messages: [...request.messages, ...request.messages] }
    expect(apply(long, rules('key:laptop', limits))).toMatchObject({ code: 'prompt_too_long' })
  })

  test('have their prompt counted only if a limit depends on it', () => {
    expect(apply(request, rules('key:laptop', {}, true))).toMatchObject({ tokens: { prompt: 10 } })
    expect(rules('key:laptop').counterFor).toBeUndefined()
  })

  test.each([true, false])('have an answer bounded by its reservation, streamed: %s', (stream) => {
    expect(apply({ ...request, stream }, rules('key:laptop', {}, true))).toMatchObject({
      outputBound: RESERVED_OUTPUT_TOKENS,
      boundEach: RESERVED_OUTPUT_TOKENS,
    })
  })
})

describe('visitors', () => {
  const visitor = 'visitor:AAAAAAAAAAAAAAAAAAAAAA'

  test('come under the prompt of the site, and its limits', () => {
    const vars = { SYSTEM_PROMPT: 'You sell shoes.', MAX_OUTPUT_TOKENS: '50' }
    expect(apply({ ...request, max_tokens: 1000 }, rules(visitor, vars))).toEqual({
      // The site's prompt is billed with the rest.
      tokens: { prompt: 3 + (3 + 1 + 3) + (3 + 1 + 3) },
      outputBound: 50,
      boundEach: 50,
    })
  })

  test('have limits even if none are set', () => {
    const { maxInputTokens, maxOutputTokens } = rules(visitor)
    expect({ input: maxInputTokens, output: maxOutputTokens }).toEqual(VISITOR_TOKENS)
    expect(apply(request, rules(visitor))).toMatchObject({ boundEach: VISITOR_TOKENS.output })
  })

  test('get the default model, if none are listed', () => {
    expect(rules(visitor).models).toEqual([DEFAULT_MODEL])
    expect(rules(visitor, { MODELS: 'a,b' }).models).toEqual(['a', 'b'])
  })

  test('of the demo get any model, since it has one under all names', () => {
    expect(rules(visitor, { OPENAI_API_KEY: '' }).models).toBeUndefined()
    expect(rules(visitor, { OPENAI_API_KEY: '', MODELS: 'a' }).models).toEqual(['a'])
  })

  test('may send what VISITOR_FIELDS lists, for as much as it costs', () => {
    const asked = { ...request, n: 4, max_tokens: 10 }
    expect(apply(asked, rules(visitor))).toMatchObject({ code: 'field_not_allowed' })
    expect(apply(asked, rules(visitor, { VISITOR_FIELDS: 'n' }))).toMatchObject({ outputBound: 40 })
  })
})

test('the bound goes into the field that the configuration names', () => {
  for (const caller of ['key:laptop', 'visitor:AAAAAAAAAAAAAAAAAAAAAA'] as const) {
    const { upstream } = rules(caller, { OUTPUT_BOUND_FIELD: 'max_tokens' })
    expect(upstream.all[0]?.kind.outputBoundField).toBe('max_tokens')
  }
})

test('a limit of input tokens without a counter is wrong use, not no limit', () => {
  const limited = readConfig({ OPENAI_API_KEY: 'k', MAX_INPUT_TOKENS: '10' })
  expect(() => apply(request, limited)).toThrow(TypeError)
})

test.each<[Parameters<typeof rulesFor>[0], object, number]>([
  ['key:laptop', { MAX_INPUT_TOKENS: '10' }, MAX_BODY_BYTES],
  ['open', {}, MAX_BODY_BYTES],
  ['visitor:a', {}, 8192 * 96 + 131_072],
  ['visitor:a', { MAX_INPUT_TOKENS: '100' }, 100 * 96 + 131_072],
  ['visitor:a', { MAX_INPUT_TOKENS: '1000000' }, MAX_BODY_BYTES],
  ['visitor:a', { VISITOR_FIELDS: 'tools, name' }, 8192 * 96 + 131_072],
  ['visitor:a', { VISITOR_FIELDS: 'image_url' }, MAX_BODY_BYTES],
  ['visitor:a', { VISITOR_FIELDS: 'input_audio' }, MAX_BODY_BYTES],
  ['visitor:a', { VISITOR_FIELDS: 'file' }, MAX_BODY_BYTES],
])('the body of %s with %j has at most %i bytes', (caller, vars, most) => {
  expect(maxBodyBytes(rules(caller, vars), chatRequests)).toBe(most)
})

test('the longest prompt that a visitor may have fits, however it is escaped', async () => {
  const own = rules('visitor:a')
  const content = '\u00e9'.repeat(8192 * 16)
  const escaped = [...content]
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
  const body = `{"messages":[{"role":"user","content":"${escaped}"}]}`
  expect(body.length).toBeLessThanOrEqual(maxBodyBytes(own, chatRequests))
})

describe('tools that the upstream calls', () => {
  const TOOLS = JSON.stringify([{ type: 'file_search', vector_store_ids: ['vs_1'] }])
  const tokensOf = (by: Rules, asked: object = {}) => {
    const question = responsesRequests.read({ input: 'one two', ...asked }, by.visitor)
    if (question instanceof ApiError) throw question
    const limits = applyLimits(question, 'm', by)
    return limits instanceof ApiError ? limits.code : { ...limits.tokens }
  }
  const search = { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'], max_num_results: 5 }] }

  test('are put aside beside the prompt, which alone is limited', () => {
    const put = tokensOf(rules('visitor:ann', { TOOLS }, true))
    const { prompt = Number.NaN, tools } = put as Record<string, number>
    expect(prompt).toBeLessThan(100)
    expect(tools).toBe(3 * (prompt + VISITOR_TOKENS.output) + 6 * 5 * TOOL_RESULT.chunk)
    expect(tools).toBeGreaterThan(VISITOR_TOKENS.input)
    const fewer = tokensOf(rules('visitor:ann', { TOOLS, TOOL_ROUNDS: 1 }, true))
    expect(fewer).toMatchObject({ tools: prompt + VISITOR_TOKENS.output + 5 * TOOL_RESULT.chunk })
  })

  test('are bounded for visitors, and for keys whose tokens are reserved', () => {
    expect(rules('visitor:ann').toolRounds).toBe(3)
    expect(rules('key:laptop', { TOOL_ROUNDS: 2 }, true).toolRounds).toBe(2)
    expect(rules('key:laptop').toolRounds).toBeUndefined()
    expect(tokensOf(rules('key:laptop', {}, true), search)).toMatchObject({ tools: expect.any(Number) })
    expect(tokensOf(rules('key:laptop'), search)).toEqual({})
  })

  test('are refused where tokens are reserved and nothing bounds their results', () => {
    const asked = { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }
    expect(tokensOf(rules('key:laptop', {}, true), asked)).toBe('cost_unknown')
    expect(tokensOf(rules('key:laptop'), asked)).toEqual({})
    expect(tokensOf(rules('key:laptop', { MAX_PART_TOKENS: 1000 }, true), asked)).toMatchObject({
      tools: expect.any(Number),
    })
  })
})
