import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { checkOpenAccess, isLocal } from '../../worker/http/loopback.ts'

test.each([
  'http://localhost:8787/',
  'http://127.0.0.1:8787/chat',
  'http://127.1/',
  'http://[::1]:8787/',
  'http://millrace.localhost/',
  'https://LOCALHOST/',
])('%s is this machine', (url) => {
  expect(isLocal(new Request(url))).toBe(true)
  expect(isLocal(new Request(url, { headers: { host: new URL(url).host } }))).toBe(true)
})

test.each([
  'https://millrace.example.workers.dev/',
  'https://localhost.example.com/',
  'https://notlocalhost/',
  'https://127.0.0.1.example.com/',
  'http://10.0.0.1/',
  'http://0.0.0.0:8787/',
  'http://192.168.0.2:8787/',
  'http://[2001:db8::1]/',
  'http://[::ffff:10.0.0.1]/',
])('%s is not this machine', (url) => {
  expect(isLocal(new Request(url))).toBe(false)
})

test("a page whose name was re-bound to this machine can't pass for it", () => {
  const rebound = new Request('http://localhost:8787/chat', { headers: { host: 'evil.example:8787' } })
  expect(isLocal(rebound)).toBe(false)
  expect(isLocal(new Request('http://localhost:8787/', { headers: { host: 'a b' } }))).toBe(false)
})

test("a request through Cloudflare's network is not local, whatever host it names", () => {
  expect(isLocal(new Request('http://localhost/', { headers: { 'cf-ray': '8f1a2b3c4d5e6f70-ZRH' } }))).toBe(
    false,
  )
})

test('OPEN_ACCESS elsewhere is an error that names it, and opens nothing', () => {
  const deployed = new Request('https://millrace.example.workers.dev/chat')
  expect(checkOpenAccess(deployed, { openAccess: true })).toMatchObject({
    code: 'configuration_error',
    status: 500,
    message: expect.stringContaining('OPEN_ACCESS'),
  })
  expect(checkOpenAccess(deployed, { openAccess: false })).toBeUndefined()
  expect(checkOpenAccess(new Request('http://localhost/'), { openAccess: true })).toBeUndefined()
})

test('wrangler.toml, which every deployment has, does not set it', () => {
  expect(readFileSync(`${ROOT}wrangler.toml`, 'utf8')).not.toMatch(/^\s*OPEN_ACCESS/m)
})
