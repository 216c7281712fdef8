import { expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import { identify } from '../../worker/http/access.ts'

const hashOf = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex()

const KEY = 'mr_3f2a9c'
const ACCESS_KEYS = `ci:${await hashOf('mr_other')},laptop:${await hashOf(KEY)}`
const closed = readConfig({ OPENAI_API_KEY: 'sk-1', ACCESS_KEYS })
const with_ = (authorization?: string) => new Headers(authorization === undefined ? {} : { authorization })

test('a key lets its holder in, by name', async () => {
  expect(await identify(with_(`Bearer ${KEY}`), closed)).toBe('key:laptop')
  expect(await identify(with_(`bearer  mr_other `), closed)).toBe('key:ci')
})

test.each([
  'Bearer mr_wrong',
  'Bearer ',
  'Basic bXI6eA==',
  `Bearer ${KEY} x`,
  `Bearer ${KEY}0`,
  `Bearer ${await hashOf(KEY)}`,
])('%j lets no caller in', async (authorization) => {
  expect(await identify(with_(authorization), closed)).toMatchObject({ status: 401 })
})

test('a call without a key is refused, and told how to send one', async () => {
  expect(await identify(with_(), closed)).toMatchObject({
    code: 'access_key_required',
    status: 401,
    headers: { 'www-authenticate': 'Bearer' },
  })
})

test('without ACCESS_KEYS no caller reaches an upstream that costs money', async () => {
  const config = readConfig({ OPENAI_API_KEY: 'sk-1' })
  expect(await identify(with_(`Bearer ${KEY}`), config)).toMatchObject({ code: 'invalid_access_key' })
})

test('the demo costs nothing, and an open Worker asks for nothing', async () => {
  expect(await identify(with_(), readConfig({}))).toBe('demo')
  expect(await identify(with_(), readConfig({ OPENAI_API_KEY: 'sk-1', OPEN_ACCESS: 'true' }))).toBe('open')
  expect(await identify(with_(`Bearer ${KEY}`), readConfig({ ACCESS_KEYS }))).toBe('key:laptop')
})
