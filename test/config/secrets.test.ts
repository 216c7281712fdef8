import { expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { secretsOf } from '../../worker/config/secrets.ts'

test('the secrets are all keys, hashes and hosts that are configured, and ids in addresses', () => {
  const sha256 = 'ab'.repeat(32)
  const { values, hosts, systemPrompt } = secretsOf(
    readConfig({
      OPENAI_API_KEY: 'upstream-key',
      OPENAI_BASE_URL: 'https://gateway.example:8443/v1/0123456789abcdef0123/openai',
      ACCESS_KEYS: `ann:${sha256}`,
      SESSION_SECRET: 'x'.repeat(32),
      SYSTEM_PROMPT: 'Sell shoes.',
      MODERATION_URL: 'http://[2001:db8::1]:9000/judge?key=query-key',
      MODERATION_API_KEY: 'moderation-key',
      TURNSTILE_SECRET: 'turnstile-key',
      MAX_PART_TOKENS: 1000,
      TOOLS: JSON.stringify([
        { type: 'file_search', vector_store_ids: ['vs_1'] },
        {
          type: 'mcp',
          server_label: 'shop',
          server_url: 'https://mcp.example/sse',
          allowed_tools: ['find'],
          require_approval: 'never',
        },
      ]),
    }),
  )
  expect(values.toSorted()).toEqual(
    [
      'upstream-key',
      '0123456789abcdef0123',
      sha256,
      'x'.repeat(32),
      'moderation-key',
      'query-key',
      'turnstile-key',
      'vs_1',
    ].toSorted(),
  )
  expect(hosts).toEqual(['gateway.example', '2001:db8::1', 'challenges.cloudflare.com', 'mcp.example'])
  expect(systemPrompt).toBe('Sell shoes.')
})

test('a deployment without a configuration has none, and cleaning works', () => {
  expect(secretsOf(readConfig({}))).toEqual({ values: [], hosts: [], systemPrompt: undefined })
})
