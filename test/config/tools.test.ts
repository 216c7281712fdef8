import { describe, expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { ConfigError } from '../../worker/config/parsers.ts'
import { OWNERS_CHUNKS, TOOL_ROUNDS } from '../../worker/limits.ts'

const read = (tools: unknown, more: object = { MAX_PART_TOKENS: 5000 }) =>
  readConfig({
    OPENAI_API_KEY: 'k',
    TOOLS: typeof tools === 'string' ? tools : JSON.stringify(tools),
    ...more,
  })
const tools = (...given: unknown[]) => read(given).visitors.tools
const search = { type: 'file_search', vector_store_ids: ['vs_1'] }
const mcp = {
  type: 'mcp',
  server_label: 'shop',
  server_url: 'https://mcp.example.com/sse',
  allowed_tools: ['find'],
  require_approval: 'never',
}

describe('TOOLS', () => {
  test.each([
    { ...search, max_num_results: 50, filters: { type: 'eq', key: 'k', value: 'v' }, ranking_options: {} },
    { type: 'web_search' },
    {
      type: 'web_search',
      filters: { allowed_domains: ['example.com'] },
      user_location: { type: 'approximate', country: 'CH' },
      search_context_size: 'low',
    },
    mcp,
    { ...mcp, server_description: 'The shop.' },
  ])('may have %j', (tool) => {
    expect(tools(tool)).toEqual([tool])
  })

  test('has no tools where it is unset, and a few results where it does not say', () => {
    expect(readConfig({})).toMatchObject({ visitors: { tools: [] }, toolRounds: TOOL_ROUNDS })
    expect(tools(search, { type: 'web_search' })).toEqual([
      { ...search, max_num_results: OWNERS_CHUNKS },
      { type: 'web_search' },
    ])
  })

  test.each<[string, unknown]>([
    ['TOOLS is not JSON', '[{"type":'],
    ['TOOLS must be a list', { type: 'web_search' }],
    ['TOOLS[0].type must be file_search, web_search, mcp', ['web_search']],
    ['TOOLS[0].type must be', [{}]],
    ['TOOLS[0].type must be', [{ type: 'constructor' }]],
    ['TOOLS[1].type must be', [search, { type: 'code_interpreter', container: { type: 'auto' } }]],
    ['TOOLS[0].type must be', [{ type: 'function', name: 'f' }]],
    ['TOOLS[0].vector_store_ids must be a list', [{ type: 'file_search' }]],
    ['TOOLS[0].vector_store_ids must be a list of at least 1', [{ ...search, vector_store_ids: [] }]],
    ['TOOLS[0].vector_store_ids[0] must be a name', [{ ...search, vector_store_ids: [7] }]],
    ['TOOLS[0].max_num_results must be a whole number from 1 to 50', [{ ...search, max_num_results: 51 }]],
    ['TOOLS[0] must be of the members type, vector_store_ids,', [{ ...search, sk_secret: 1 }]],
    [
      'TOOLS[0].filters.allowed_domains must be a list',
      [{ type: 'web_search', filters: { allowed_domains: 'a' } }],
    ],
    [
      'TOOLS[0].search_context_size must be low or medium or high',
      [{ type: 'web_search', search_context_size: 'x' }],
    ],
    ['TOOLS[0].allowed_tools must be a list', [{ ...mcp, allowed_tools: undefined }]],
    ['TOOLS[0].allowed_tools must be a list', [{ ...mcp, allowed_tools: { read_only: true } }]],
    ['TOOLS[0].require_approval must be "never"', [{ ...mcp, require_approval: 'always' }]],
    ['TOOLS[0].require_approval must be "never"', [{ ...mcp, require_approval: undefined }]],
    ['TOOLS[0].server_url must be an https address', [{ ...mcp, server_url: 'http://mcp.example.com' }]],
    ['TOOLS[0] must be of the members', [{ ...mcp, connector_id: 'connector_gmail' }]],
    ['TOOLS[0] must be of the members', [{ ...mcp, headers: { authorization: 'sk_secret' } }]],
  ])('%s: %j', (message, given) => {
    expect(() => read(given)).toThrow(ConfigError)
    expect(() => read(given)).toThrow(message)
    expect(() => read(given)).not.toThrow('sk_secret')
  })

  test('needs to be told the most of a result that nothing else bounds', () => {
    expect(() => read([mcp], {})).toThrow('TOOLS with mcp needs MAX_PART_TOKENS')
    read([search, { type: 'web_search' }], {})
  })
})

test.each(['0', '-1', '1.5', 'x'])('TOOL_ROUNDS is a whole number above 0, not %s', (rounds) => {
  expect(() => read([], { TOOL_ROUNDS: rounds })).toThrow(ConfigError)
  expect(read([], { TOOL_ROUNDS: '5' }).toolRounds).toBe(5)
})
