import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { chatRequests } from '../../../worker/formats/chat-completions/request.ts'
import { MAX_CHOICES, MAX_LIST_ITEMS, MAX_MODEL_CHARS, MAX_NAME_CHARS } from '../../../worker/limits.ts'

const user = { role: 'user', content: 'hi' }
const assistant = { role: 'assistant', content: 'hi' }
const chars = (count: number) => 'x'.repeat(count)
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)
const tool = (name: unknown) => ({ type: 'function', function: { name } })
const pairs = (count: number, name = '', value: unknown = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, value]))

/** All that a visitor may be allowed to send. */
const fields = new Set(
  `tools functions tool_choice function_call parallel_tool_calls response_format prediction metadata logit_bias
  logprobs top_logprobs modalities n user name safety_identifier prompt_cache_key reasoning_effort verbosity
  service_tier store`.split(/\s+/),
)
const visitor = { systemPrompt: undefined, fields }

/** `param` of the refusal of a request with these members; `undefined`: it is taken. */
function refused(members: object, as?: typeof visitor): string | null | undefined {
  const read = chatRequests.read({ messages: [user], ...members }, as)
  if (!(read instanceof ApiError)) return undefined
  expect([read.status, read.code]).toEqual([400, 'invalid_parameter'])
  return read.envelope().error.param
}

const said = (member: object, role: object = user) => ({ messages: [{ ...role, ...member }] })

interface Case {
  /** `param` of the refusal. */
  param: string
  wrongType: object[]
  tooLong?: object[]
  right: object[]
}

/** Of every caller. */
const READ: Case[] = [
  {
    param: 'model',
    wrongType: [{ model: 4 }, { model: [] }, { model: '' }, { model: {} }],
    tooLong: [{ model: chars(MAX_MODEL_CHARS + 1) }],
    right: [{}, { model: null }, { model: chars(MAX_MODEL_CHARS) }],
  },
  {
    param: 'stream',
    wrongType: [{ stream: 'yes' }, { stream: 1 }],
    right: [{ stream: null }, { stream: true }],
  },
  {
    param: 'stream_options',
    wrongType: [{ stream_options: [] }, { stream_options: 'x' }],
    right: [{ stream_options: {} }],
  },
  ...['include_usage', 'include_timing'].map((option) => ({
    param: `stream_options.${option}`,
    wrongType: [{ stream_options: { [option]: 'yes' } }],
    right: [{ stream_options: { [option]: true } }, { stream_options: { [option]: null } }],
  })),
  ...['n', 'max_tokens', 'max_completion_tokens'].map((param) => ({
    param,
    wrongType: ['1', 1.5, 0, -1, [1]].map((value) => ({ [param]: value })),
    right: [1, null].map((value) => ({ [param]: value })),
  })),
  { param: 'n', wrongType: [], tooLong: [{ n: MAX_CHOICES + 1 }], right: [{ n: MAX_CHOICES }] },
  {
    param: 'messages[0].content',
    wrongType: [said({ content: 4 }), said({ content: {} }), said({ content: true })],
    tooLong: [said({ content: many(MAX_LIST_ITEMS + 1, { type: 'text', text: 'x' }) })],
    right: [said({ content: many(MAX_LIST_ITEMS, { type: 'text', text: 'x' }) })],
  },
  {
    param: 'messages[0].content[1]',
    wrongType: [said({ content: [{ type: 'text', text: 'x' }, 'x'] })],
    right: [],
  },
  {
    param: 'messages[0].name',
    wrongType: [said({ name: 4 }), said({ name: ['x'] }), said({ name: '' })],
    tooLong: [said({ name: chars(MAX_NAME_CHARS + 1) })],
    right: [said({ name: chars(MAX_NAME_CHARS) })],
  },
  {
    param: 'messages[0].tool_calls',
    wrongType: [said({ tool_calls: {} }, assistant), said({ tool_calls: 'x' }, assistant)],
    tooLong: [said({ tool_calls: many(MAX_LIST_ITEMS + 1, tool('x')) }, assistant)],
    right: [said({ tool_calls: many(MAX_LIST_ITEMS, tool('x')) }, assistant)],
  },
  {
    param: 'messages[0].tool_calls[1].function.name',
    wrongType: [said({ tool_calls: [tool('x'), tool(4)] }, assistant)],
    tooLong: [said({ tool_calls: [tool('x'), tool(chars(MAX_NAME_CHARS + 1))] }, assistant)],
    right: [said({ tool_calls: [tool('x'), tool(chars(MAX_NAME_CHARS))] }, assistant)],
  },
  {
    param: 'messages[0].function_call.name',
    wrongType: [said({ function_call: { name: 4 } }, assistant)],
    tooLong: [said({ function_call: { name: chars(MAX_NAME_CHARS + 1) } }, assistant)],
    right: [said({ function_call: { name: 'x' } }, assistant)],
  },
  {
    param: 'tools',
    wrongType: [{ tools: {} }, { tools: 'x' }],
    tooLong: [{ tools: many(MAX_LIST_ITEMS + 1, tool('x')) }],
    right: [{ tools: [] }],
  },
  {
    param: 'tools[0]',
    wrongType: [{ tools: ['x'] }, { tools: [null] }],
    right: [{ tools: [{ type: 'other' }] }],
  },
  {
    param: 'tools[0].function.name',
    wrongType: [{ tools: [tool(4)] }, { tools: [tool('')] }],
    tooLong: [{ tools: [tool(chars(MAX_NAME_CHARS + 1))] }],
    right: [{ tools: [tool(chars(MAX_NAME_CHARS))] }],
  },
  {
    param: 'tools[0].custom.name',
    wrongType: [{ tools: [{ type: 'custom', custom: { name: {} } }] }],
    right: [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }],
  },
  {
    param: 'functions',
    wrongType: [{ functions: {} }],
    tooLong: [{ functions: many(MAX_LIST_ITEMS + 1, {}) }],
    right: [{ functions: [{ name: 'x' }] }],
  },
  { param: 'functions[0].name', wrongType: [{ functions: [{ name: 4 }] }], right: [] },
  {
    param: 'response_format',
    wrongType: [{ response_format: 'json' }, { response_format: [] }],
    right: [{ response_format: { type: 'text' } }],
  },
  {
    param: 'response_format.json_schema.name',
    wrongType: [{ response_format: { json_schema: { name: 4 } } }],
    tooLong: [{ response_format: { json_schema: { name: chars(MAX_NAME_CHARS + 1) } } }],
    right: [{ response_format: { json_schema: { name: chars(MAX_NAME_CHARS) } } }],
  },
  { param: 'prediction', wrongType: [{ prediction: 'x' }], right: [{ prediction: { content: 'x' } }] },
  { param: 'prediction.content', wrongType: [{ prediction: { content: 4 } }], right: [] },
]

/** Of visitors, beside that. */
const VISITORS: Case[] = [
  {
    param: 'stop',
    wrongType: [{ stop: 4 }, { stop: {} }],
    tooLong: [{ stop: chars(MAX_NAME_CHARS + 1) }, { stop: many(5, 'x') }],
    right: [{ stop: chars(MAX_NAME_CHARS) }, { stop: many(4, 'x') }, { stop: null }],
  },
  {
    param: 'stop[1]',
    wrongType: [{ stop: ['x', 4] }],
    tooLong: [{ stop: ['x', chars(MAX_NAME_CHARS + 1)] }],
    right: [],
  },
  ...['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'].map((param) => ({
    param,
    wrongType: ['1', [1], {}, true].map((value) => ({ [param]: value })),
    right: [{ [param]: 0.5 }],
  })),
  ...['seed', 'top_logprobs'].map((param) => ({
    param,
    wrongType: ['1', 1.5, {}].map((value) => ({ [param]: value })),
    right: [{ [param]: 7 }],
  })),
  ...['parallel_tool_calls', 'logprobs', 'store'].map((param) => ({
    param,
    wrongType: [{ [param]: 'yes' }, { [param]: 1 }],
    right: [{ [param]: true }],
  })),
  ...['user', 'safety_identifier', 'prompt_cache_key', 'reasoning_effort', 'verbosity', 'service_tier'].map(
    (param) => ({
      param,
      wrongType: [{ [param]: 4 }, { [param]: ['x'] }],
      tooLong: [{ [param]: chars(MAX_NAME_CHARS + 1) }],
      right: [{ [param]: 'x' }],
    }),
  ),
  {
    param: 'tools',
    wrongType: [],
    tooLong: [{ tools: many(129, tool('x')) }],
    right: [{ tools: many(128, tool('x')) }],
  },
  {
    param: 'functions',
    wrongType: [],
    tooLong: [{ functions: many(129, { name: 'x' }) }],
    right: [{ functions: many(128, { name: 'x' }) }],
  },
  ...['tool_choice', 'function_call'].map((param) => ({
    param,
    wrongType: [{ [param]: 4 }, { [param]: [] }],
    tooLong: [{ [param]: chars(MAX_NAME_CHARS + 1) }],
    right: [{ [param]: 'auto' }],
  })),
  {
    param: 'tool_choice.function.name',
    wrongType: [{ tool_choice: { function: { name: 4 } } }],
    right: [{ tool_choice: tool('x') }],
  },
  {
    param: 'metadata',
    wrongType: [{ metadata: [] }, { metadata: 'x' }, { metadata: { a: 4 } }],
    tooLong: [{ metadata: pairs(17) }, { metadata: { [chars(65)]: 'x' } }, { metadata: { a: chars(513) } }],
    right: [{ metadata: pairs(16) }, { metadata: { [chars(64)]: chars(512) } }],
  },
  {
    param: 'logit_bias',
    wrongType: [{ logit_bias: [] }, { logit_bias: { 50256: '-100' } }],
    tooLong: [{ logit_bias: pairs(MAX_LIST_ITEMS + 1, '', 1) }, { logit_bias: { [chars(17)]: 1 } }],
    right: [{ logit_bias: pairs(MAX_LIST_ITEMS, '', 1) }],
  },
  {
    param: 'modalities',
    wrongType: [{ modalities: 'text' }],
    tooLong: [{ modalities: many(9, 'text') }],
    right: [{ modalities: ['text', 'audio'] }],
  },
  {
    param: 'modalities[0]',
    wrongType: [{ modalities: [4] }],
    tooLong: [{ modalities: [chars(MAX_NAME_CHARS + 1)] }],
    right: [],
  },
  {
    param: 'messages[0].tool_call_id',
    wrongType: [said({ tool_call_id: 4 }, { role: 'tool', content: 'x' })],
    tooLong: [said({ tool_call_id: chars(MAX_NAME_CHARS + 1) }, { role: 'tool', content: 'x' })],
    right: [said({ tool_call_id: 'call_1' }, { role: 'tool', content: 'x' })],
  },
]

describe.each([
  ['a key', undefined, READ],
  [
    'a visitor',
    visitor,
    [...READ.filter(({ param }) => !/^messages\[0\]\.content|^tools\[0\]$/.test(param)), ...VISITORS],
  ],
] as const)('of %s', (_, as, cases) => {
  test.each(cases.map((one) => [one.param, one] as const))(
    '%s',
    (param, { wrongType, tooLong = [], right }) => {
      for (const members of [...wrongType, ...tooLong]) {
        expect([members, refused(members, as)]).toEqual([members, param])
      }
      for (const members of right) {
        const tooManyForVisitors = as !== undefined && JSON.stringify(members).length > 50_000
        if (!tooManyForVisitors) expect([members, refused(members, as)]).toEqual([members, undefined])
      }
    },
  )
})

test.each([
  { stop: many(100, chars(1000)) },
  { stop: { any: 'thing' } },
  { temperature: 'hot' },
  { metadata: pairs(100) },
  { logit_bias: [] },
  { modalities: 'all' },
  { anything: { of: ['the', 'upstream'] } },
])('what is not read of a key is left to the upstream: %.60j', (members) => {
  expect(refused(members)).toBeUndefined()
})
