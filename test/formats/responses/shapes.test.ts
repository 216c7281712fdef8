import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { responsesRequests } from '../../../worker/formats/responses/request.ts'
import { MAX_INPUT_ITEMS, MAX_LIST_ITEMS, MAX_MODEL_CHARS, MAX_NAME_CHARS } from '../../../worker/limits.ts'

const chars = (count: number) => 'x'.repeat(count)
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)
const item = (member: object) => ({ input: [{ role: 'user', content: 'hi' }, member] })
const LONG = chars(MAX_NAME_CHARS + 1)

/** All that a visitor may be allowed to send. */
const fields = new Set(
  `tools tool_choice parallel_tool_calls include reasoning text metadata top_logprobs truncation user
  safety_identifier prompt_cache_key service_tier context_management`.split(/\s+/),
)
const visitor = { systemPrompt: undefined, fields }

/** `param` of the refusal of a request with these members; `undefined`: it is taken. */
function refused(members: object, as?: typeof visitor): string | null | undefined {
  const read = responsesRequests.read({ input: 'hi', ...members }, as)
  if (!(read instanceof ApiError)) return undefined
  expect([read.status, read.code]).toEqual([400, 'invalid_parameter'])
  return read.envelope().error.param
}

/** `param` of the refusal, what is refused, and what is taken. */
type Case = [param: string, wrong: object[], right: object[]]

const READ: Case[] = [
  [
    'model',
    [{ model: 4 }, { model: '' }, { model: chars(MAX_MODEL_CHARS + 1) }],
    [{ model: null }, { model: 'm' }],
  ],
  [
    'input',
    [{ input: many(MAX_INPUT_ITEMS + 1, { role: 'user', content: '' }) }],
    [{ input: many(MAX_INPUT_ITEMS, { role: 'user', content: '' }) }],
  ],
  ['input[1]', [{ input: [{ role: 'user', content: 'x' }, 'x'] }, { input: [{ role: 'user' }, null] }], []],
  ['input[1].type', [item({ type: 4 }), item({ type: LONG })], [item({ type: 'other' })]],
  ['input[1].role', [item({ role: {} }), item({ role: LONG })], [item({ role: 'developer', content: 'x' })]],
  [
    'input[1].id',
    [item({ id: 7 }), item({ id: LONG })],
    [item({ id: 'msg_1' }), item({ id: null, type: 'x' })],
  ],
  [
    'input[1].content',
    [item({ role: 'user', content: 4 }), item({ role: 'user', content: many(MAX_LIST_ITEMS + 1, {}) })],
    [item({ role: 'user', content: many(MAX_LIST_ITEMS, { type: 'input_text', text: 'x' }) })],
  ],
  ['input[1].content[0]', [item({ role: 'user', content: ['x'] })], []],
  ['input[1].name', [item({ type: 'function_call', name: 4 })], [item({ type: 'function_call', name: 'f' })]],
  ['input[1].call_id', [item({ type: 'function_call', call_id: [] })], []],
  [
    'input[1].summary',
    [item({ type: 'reasoning', summary: 'x' })],
    [item({ type: 'reasoning', summary: [] })],
  ],
  ['input[1].tools', [item({ type: 'additional_tools', tools: {} })], []],
  [
    'instructions',
    [{ instructions: 4 }, { instructions: [] }],
    [{ instructions: '' }, { instructions: null }],
  ],
  ['stream', [{ stream: 'yes' }, { stream: 1 }], [{ stream: null }, { stream: true }]],
  ['stream_options', [{ stream_options: [] }, { stream_options: 'x' }], [{ stream_options: {} }]],
  ['stream_options.include_timing', [{ stream_options: { include_timing: 'yes' } }], []],
  [
    'max_output_tokens',
    [0, -1, 1.5, '100', true, {}, [5], Number.MAX_VALUE].map((value) => ({ max_output_tokens: value })),
    [{ max_output_tokens: 1 }, { max_output_tokens: null }],
  ],
  ['max_tool_calls', [-1, 0.5, '1'].map((value) => ({ max_tool_calls: value })), [{ max_tool_calls: 0 }]],
  ['tools', [{ tools: {} }, { tools: many(MAX_LIST_ITEMS + 1, {}) }], [{ tools: [] }, { tools: null }]],
  ['tools[0]', [{ tools: ['x'] }, { tools: [null] }], [{ tools: [{ type: 'other' }] }]],
  ['tools[0].type', [{ tools: [{ type: 4 }] }], []],
  [
    'tools[0].name',
    [{ tools: [{ type: 'function', name: LONG }] }],
    [{ tools: [{ type: 'function', name: 'f' }] }],
  ],
  ['text', [{ text: 'x' }], [{ text: {} }]],
  ['text.format', [{ text: { format: 'json' } }], [{ text: { format: { type: 'text' } } }]],
  ['text.format.name', [{ text: { format: { name: LONG } } }], [{ text: { format: { name: 'n' } } }]],
  [
    'previous_response_id',
    [{ previous_response_id: 4 }, { previous_response_id: LONG }],
    [{ previous_response_id: 'r' }],
  ],
  [
    'conversation',
    [{ conversation: 4 }, { conversation: [] }],
    [{ conversation: 'c' }, { conversation: { id: 'c' } }],
  ],
  ['conversation.id', [{ conversation: { id: 4 } }], []],
  ['prompt', [{ prompt: 'x' }], [{ prompt: { id: 'p' } }]],
  ['prompt.id', [{ prompt: { id: [] } }], []],
  ['background', [{ background: 'yes' }], [{ background: true }, { background: null }]],
  ['store', [{ store: 1 }], [{ store: false }, { store: null }]],
]

/** Of visitors, beside that. */
const VISITORS: Case[] = [
  ['temperature', [{ temperature: 'hot' }], [{ temperature: 1 }]],
  ['top_p', [{ top_p: [] }], [{ top_p: 0.5 }]],
  [
    'tools',
    [{ tools: many(129, { type: 'function', name: 'f' }) }],
    [{ tools: many(128, { type: 'function' }) }],
  ],
  ['tool_choice', [{ tool_choice: 4 }, { tool_choice: [] }], [{ tool_choice: 'auto' }, { tool_choice: {} }]],
  ['include', [{ include: 'x' }, { include: many(17, 'x') }], [{ include: ['x'] }]],
  ['reasoning', [{ reasoning: 'high' }], [{ reasoning: {} }]],
  ['reasoning.effort', [{ reasoning: { effort: 4 } }], [{ reasoning: { effort: 'low' } }]],
  ['text.verbosity', [{ text: { verbosity: {} } }], [{ text: { verbosity: 'low' } }]],
  ['metadata', [{ metadata: { [chars(65)]: 'x' } }, { metadata: [] }], [{ metadata: { a: chars(512) } }]],
  ['top_logprobs', [{ top_logprobs: 'x' }], [{ top_logprobs: 0 }]],
  ['user', [{ user: LONG }], [{ user: 'x' }]],
  ['service_tier', [{ service_tier: {} }], [{ service_tier: 'flex' }]],
  ['parallel_tool_calls', [{ parallel_tool_calls: 'x' }], [{ parallel_tool_calls: true }]],
]

describe.each([
  ['a key’s', READ, undefined],
  ['a visitor’s', VISITORS, visitor],
] as const)('%s request', (_, cases, as) => {
  test.each(cases)('%s has a type and a bound', (param, wrong, right) => {
    for (const members of wrong)
      expect(refused(members, as), JSON.stringify(members).slice(0, 80)).toBe(param)
    for (const members of right)
      expect(refused(members, as), JSON.stringify(members).slice(0, 80)).toBeUndefined()
  })
})

test('what is not read here is the upstream’s to check, for keys', () => {
  expect(refused({ temperature: 'hot', reasoning: 4, include: 'x', made_up: [[]] })).toBeUndefined()
})
