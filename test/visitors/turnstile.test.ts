import { describe, expect, test } from 'vitest'
import { TURNSTILE_ACTION } from '../../worker/protocol/wire.ts'
import { turnstile } from '../../worker/visitors/turnstile.ts'

const PAGE = 'https://shop.example:8443'
const SECRET = '0x4AAA-secret'
const verifyUrl = 'https://verify.example/siteverify'
const passed = { success: true, hostname: 'shop.example', action: TURNSTILE_ACTION }

/** Asks a Turnstile that answers so. */
function ask(answer: () => Response | Promise<Response>, deadlineMs?: number) {
  return turnstile({ secret: SECRET, verifyUrl }, async () => answer(), deadlineMs)(
    'token',
    PAGE,
    '203.0.113.7',
  )
}

test('Turnstile is asked with the secret, the token and the address', async () => {
  const asked: [string, RequestInit][] = []
  const verify = turnstile({ secret: SECRET, verifyUrl }, async (...call) => {
    asked.push(call)
    return Response.json(passed)
  })
  expect(await verify('token', PAGE, '203.0.113.7')).toBeUndefined()
  expect(await verify('token', PAGE, undefined)).toBeUndefined()
  const [[url, init], [, second]] = asked as [[string, RequestInit], [string, RequestInit]]
  expect(url).toBe(verifyUrl)
  expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
  expect(JSON.parse(String(init.body))).toEqual({
    secret: SECRET,
    response: 'token',
    remoteip: '203.0.113.7',
  })
  expect(JSON.parse(String(second.body))).toEqual({ secret: SECRET, response: 'token' })
})

describe('a clear no is a refusal', () => {
  test.each([
    ['a wrong token', { success: false, 'error-codes': ['invalid-input-response'] }],
    ['one that was used before', { success: false, 'error-codes': ['timeout-or-duplicate'] }],
    ['no reason', { success: false }],
    ['another host', { ...passed, hostname: 'evil.example' }],
    ['a host under it', { ...passed, hostname: 'a.shop.example' }],
    ['no host', { ...passed, hostname: undefined }],
    ['another action', { ...passed, action: 'login' }],
    ['no action', { ...passed, action: '' }],
  ])('for %s', async (_, answer) => {
    expect(await ask(() => Response.json(answer))).toMatchObject({ code: 'turnstile_failed', status: 403 })
  })
})

describe('a failed request to Turnstile is a refusal too', () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ['unreachable', () => Promise.reject(new TypeError('fetch failed'))],
    ['its own failure', () => Response.json({ success: false, 'error-codes': ['internal-error'] })],
    ['a page of HTML', () => new Response('<h1>502</h1>', { status: 502 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })],
    ['a yes with status 500', () => Response.json(passed, { status: 500 })],
    ['a yes with status 403', () => Response.json(passed, { status: 403 })],
    ['nothing', () => new Response('')],
    ['half of it', () => new Response('{"success":true')],
    ['no object', () => Response.json([true])],
    ['a success that is no boolean', () => Response.json({ ...passed, success: 'true' })],
    ['1 where true is meant', () => Response.json({ ...passed, success: 1 })],
    ['more than any answer', () => new Response(`{"success":true,"x":"${'x'.repeat(100_000)}"}`)],
  ])('for %s', async (_, answer) => {
    expect(await ask(answer)).toMatchObject({ code: 'turnstile_unavailable', status: 503 })
  })

  test('silence, from the start or in mid-answer', async () => {
    const hang = (signal: AbortSignal | null | undefined) =>
      new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    const verify = turnstile({ secret: SECRET, verifyUrl }, (_, { signal }) => hang(signal), 20)
    expect(await verify('token', PAGE, undefined)).toMatchObject({ code: 'turnstile_unavailable' })
    const halfway = turnstile(
      { secret: SECRET, verifyUrl },
      async (_, { signal }) =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new TextEncoder().encode('{"success":')),
            pull: () => hang(signal),
          }),
        ),
      20,
    )
    expect(await halfway('token', PAGE, undefined)).toMatchObject({ code: 'turnstile_unavailable' })
  })
})

test('a secret that Turnstile does not know is our mistake, and is named but not shown', async () => {
  const error = await ask(() => Response.json({ success: false, 'error-codes': ['invalid-input-secret'] }))
  expect(error).toMatchObject({ code: 'configuration_error', status: 500 })
  expect(error?.message).toContain('TURNSTILE_SECRET')
  expect(error?.message).not.toContain(SECRET)
})
