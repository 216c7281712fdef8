import { describe, expect, test } from 'vitest'
import { applyRules, rulesFor } from '../../worker/admission/policy.ts'
import { readConfig } from '../../worker/config/config.ts'
import { VISITOR_TOKENS } from '../../worker/limits.ts'
import type { Counter } from '../../worker/tokens/counter.ts'

/** Counts words, and which models were counted for. */
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
const rules = (caller: Parameters<typeof rulesFor>[0], vars: object = {}, reserve = false) =>
  rulesFor(caller, readConfig({ OPENAI_API_KEY: 'k', ...vars }), { ...counting, reserve })

describe('holders of keys, and whoever needs none', () => {
  test.each(['key:laptop', 'open', 'demo'] as const)('%s: the request is its own', (caller) => {
    const ruled = applyRules({ ...request, store: true }, rules(caller, { SYSTEM_PROMPT: 'You sell shoes.' }))
    expect(ruled).toEqual({
      request: { ...request, store: true },
      tokens: { prompt: undefined, output: undefined },
    })
  })

  test('any model, where none is listed', () => {
    expect(rules('key:laptop').models).toBeUndefined()
    expect(rules('key:laptop', { MODELS: 'a,b' }).models).toEqual(['a', 'b'])
  })

  test('the same limits, where they are set', () => {
    const limits = { MAX_INPUT_TOKENS: '12', MAX_OUTPUT_TOKENS: '50' }
    expect(applyRules(request, rules('key:laptop', limits))).toEqual({
      request: { ...request, max_completion_tokens: 50 },
      tokens: { prompt: 10, output: 50 },
    })
    const long = { ...request, messages: [...request.messages, ...request.messages] }
    expect(applyRules(long, rules('key:laptop', limits))).toMatchObject({ code: 'prompt_too_long' })
  })

  test('a prompt is counted where something depends on it, and else costs no time', () => {
    expect(applyRules(request, rules('key:laptop', {}, true))).toMatchObject({ tokens: { prompt: 10 } })
    expect(rules('key:laptop').counterFor).toBeUndefined()
  })
})

describe('visitors', () => {
  const visitor = 'visitor:AAAAAAAAAAAAAAAAAAAAAA'

  test('come under the prompt of the site, and its limits', () => {
    const vars = { SYSTEM_PROMPT: 'You sell shoes.', MAX_OUTPUT_TOKENS: '50' }
    const ruled = applyRules({ ...request, max_tokens: 1000 }, rules(visitor, vars))
    expect(ruled).toEqual({
      request: {
        ...request,
        max_tokens: 50,
        messages: [{ role: 'system', content: 'You sell shoes.' }, ...request.messages],
      },
      // The site's prompt is billed with the rest.
      tokens: { prompt: 3 + (3 + 1 + 3) + (3 + 1 + 3), output: 50 },
    })
  })

  test('have limits where none are set', () => {
    const { maxInputTokens, maxOutputTokens } = rules(visitor)
    expect({ input: maxInputTokens, output: maxOutputTokens }).toEqual(VISITOR_TOKENS)
    expect(applyRules(request, rules(visitor))).toMatchObject({
      request: { max_completion_tokens: VISITOR_TOKENS.output },
    })
  })

  test('get the default model, where none are listed', () => {
    expect(rules(visitor).models).toEqual(['gpt-4o-mini'])
    expect(rules(visitor, { MODELS: 'a,b' }).models).toEqual(['a', 'b'])
  })

  test('may send what VISITOR_FIELDS lists, for as much as it costs', () => {
    const asked = { ...request, n: 4, max_tokens: 10 }
    expect(applyRules(asked, rules(visitor))).toMatchObject({ code: 'field_not_allowed' })
    expect(applyRules(asked, rules(visitor, { VISITOR_FIELDS: 'n' }))).toMatchObject({
      tokens: { output: 40 },
    })
  })
})

test('a limit that nobody could hold is wrong use, not no limit', () => {
  const limited = readConfig({ OPENAI_API_KEY: 'k', MAX_INPUT_TOKENS: '10' })
  expect(() => applyRules(request, limited)).toThrow(TypeError)
})
