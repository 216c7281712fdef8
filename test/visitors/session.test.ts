import { sign, verify } from 'hono/jwt'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../worker/errors.ts'
import { deriveKey } from '../../worker/visitors/secret.ts'
import { createSessions, looksLikeSession } from '../../worker/visitors/session.ts'

const SECRET = 'a secret of more than thirty-two characters'
const PAGE = 'https://shop.example'
const NOW = Date.UTC(2026, 10, 22, 12)
const HOUR = 3_600_000

const sessions = createSessions(SECRET)

test('a token tells who it is, at its own page and for an hour', async () => {
  const { token, expires_at, expires_in } = await sessions.open(PAGE, NOW)
  expect([expires_at, expires_in]).toEqual([(NOW + HOUR) / 1000, 3600])
  const visitor = await sessions.read(token, PAGE, NOW)
  expect(visitor).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), origin: PAGE, since: NOW / 1000 })
  expect(await sessions.read(token, PAGE, NOW + HOUR - 1000)).toEqual(visitor)
  expect(await sessions.read(token, PAGE, NOW + HOUR)).toMatchObject({ code: 'session_expired', status: 401 })
  expect(looksLikeSession(token)).toBe(true)
})

test('a token is valid on every Worker of the deployment, and on no other', async () => {
  const { token } = await sessions.open(PAGE, NOW)
  expect(await createSessions(SECRET).read(token, PAGE, NOW)).toMatchObject({ origin: PAGE })
  expect(await createSessions(`${SECRET}!`).read(token, PAGE, NOW)).toMatchObject({ code: 'invalid_session' })
})

test('another library of JSON web tokens reads the same claims', async () => {
  const page = 'https://käse.example'
  const { token, expires_at } = await sessions.open(page, NOW)
  const claims = await verify(token, await deriveKey(SECRET, 'session token'), {
    alg: 'HS256',
    exp: false,
    iat: false,
  })
  expect(claims).toMatchObject({ iss: 'millrace', aud: page, exp: expires_at, iat: NOW / 1000 })
})

test('a token is valid from its own page alone', async () => {
  const { token } = await sessions.open(PAGE, NOW)
  for (const page of ['https://other.example', 'http://shop.example', '', undefined]) {
    expect(await sessions.read(token, page, NOW)).toMatchObject({ code: 'invalid_session', status: 401 })
  }
})

test('no two visitors are the same', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => sessions.open(PAGE, NOW)))
  const visitors = await Promise.all(all.map(({ token }) => sessions.read(token, PAGE, NOW)))
  expect(new Set(visitors.map((visitor) => (visitor as { id: string }).id)).size).toBe(50)
})

test('a renewed token keeps its visitor for a day and no longer', async () => {
  const first = await sessions.read((await sessions.open(PAGE, NOW)).token, PAGE, NOW)
  if (first instanceof ApiError) throw first
  let visitor = first
  for (let at = NOW; at < NOW + 24 * HOUR; at += HOUR / 2) {
    const session = await sessions.renew(visitor, at)
    if (session instanceof ApiError) throw session
    expect(session.expires_at * 1000).toBe(Math.min(at + HOUR, NOW + 24 * HOUR))
    const read = await sessions.read(session.token, PAGE, at)
    expect(read).toEqual(first)
    visitor = read as typeof first
  }
  expect(await sessions.renew(visitor, NOW + 24 * HOUR)).toMatchObject({ code: 'session_expired' })
})

test('an error about a token does not contain it', async () => {
  const { token } = await sessions.open(PAGE, NOW)
  const error = await sessions.read(`${token.slice(0, -4)}AAAA`, PAGE, NOW)
  expect(error).toBeInstanceOf(ApiError)
  expect(
    JSON.stringify([error, (error as ApiError).envelope(), String((error as ApiError).cause)]),
  ).not.toContain(token.slice(0, 40))
})

describe('a token that is not ours is refused', async () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64url')
  const json = (value: unknown) => base64(JSON.stringify(value))
  const iat = NOW / 1000
  const claims = { iss: 'millrace', sub: 'A'.repeat(22), aud: PAGE, iat, exp: iat + 3600, since: iat }
  const key = await deriveKey(SECRET, 'session token')
  const { token } = await sessions.open(PAGE, NOW)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const signed = (changed: object) => sign({ ...claims, ...changed }, key, 'HS256')
  const without = (name: keyof typeof claims) => sign({ ...claims, [name]: undefined }, key, 'HS256')
  /** Signed with our own key, under a head of the forger's. */
  const headed = async (header: unknown) => {
    const part = `${json(header)}.${json(claims)}`
    const mac = await crypto.subtle.sign('HMAC', key, Buffer.from(part))
    return `${part}.${Buffer.from(mac).toString('base64url')}`
  }

  test('the claims of these cases are accepted with our key', async () => {
    expect(await sessions.read(await signed({}), PAGE, NOW)).toMatchObject({ id: claims.sub })
    expect(await sessions.read(await headed({ alg: 'HS256', typ: 'JWT' }), PAGE, NOW)).toMatchObject({
      id: claims.sub,
    })
  })

  const forged: [string, string | Promise<string>][] = [
    ['nothing', ''],
    ['dots', '..'],
    ['no token', 'mr_q7wXs0mZ2kLr9tYb4nVd'],
    ['alg none, unsigned', `${json({ alg: 'none', typ: 'JWT' })}.${json(claims)}.`],
    ['alg none, with our signature', `${json({ alg: 'none' })}.${body}.${signature}`],
    ['alg none, signed with our key', headed({ alg: 'none' })],
    ['alg None', `${json({ alg: 'None' })}.${json(claims)}.`],
    ['alg nOnE, signed with our key', headed({ alg: 'nOnE', typ: 'JWT' })],
    ['no alg', headed({ typ: 'JWT' })],
    ['another alg in our head', headed({ alg: 'HS512', typ: 'JWT' })],
    ['an alg of public keys', headed({ alg: 'RS256', typ: 'JWT' })],
    ['several algs', headed({ alg: ['HS256'], typ: 'JWT' })],
    ['a head that demands what we do not know', headed({ alg: 'HS256', typ: 'JWT', crit: ['exp'] })],
    ['a head that is null', headed(null)],
    ['signed with another key', sign(claims, 'another secret of the same length, or so', 'HS256')],
    ['signed with the secret itself', sign(claims, SECRET, 'HS256')],
    [
      'signed with the key for addresses',
      deriveKey(SECRET, 'address').then((other) => sign(claims, other, 'HS256')),
    ],
    ['signed with an empty key', sign(claims, '\0', 'HS256')],
    ['no signature', `${head}.${body}.`],
    ['no signature, and no dot', `${head}.${body}`],
    ['another signature', `${head}.${body}.${'A'.repeat(43)}`],
    ['half a signature', `${head}.${body}.${signature.slice(0, 20)}`],
    ['other claims under our signature', `${head}.${json(claims)}.${signature}`],
    ['more parts', `${token}.${signature}`],
    ['no claims', `${head}..${signature}`],
    ['blanks around it', ` ${token}\n`],
    ['characters that are no base64', `${head}.${body}.${signature.slice(0, -1)}!`],
    ['claims that are no JSON', `${head}.${base64('{"sub":')}.${signature}`],
    ['claims that are null', `${head}.${base64('null')}.${signature}`],
    ['a very long one', `${head}.${'A'.repeat(1_000_000)}.${signature}`],
    ['no visitor', without('sub')],
    ['a visitor that is no id', signed({ sub: '../../key:laptop' })],
    ['a visitor that is an object', signed({ sub: {} })],
    ['no origin', without('aud')],
    ['several origins', signed({ aud: [PAGE, 'https://other.example'] })],
    ['no end', without('exp')],
    ['an end that is no number', signed({ exp: 'never' })],
    ['an end beyond all numbers', signed({ exp: 1e300 })],
    ['no beginning', without('since')],
    ['no issuer', without('iss')],
    ['another issuer', signed({ iss: 'https://accounts.example' })],
  ]
  test.each(forged)('a token such as: %s', async (_, made) => {
    expect(await sessions.read(await made, PAGE, NOW)).toMatchObject({ code: 'invalid_session', status: 401 })
  })

  test('a token with any one character changed', async () => {
    for (let at = 0; at < token.length; at++) {
      // The last character of a part may hold bits that mean nothing.
      if (at === token.length - 1) continue
      const other = token[at] === 'A' ? 'B' : 'A'
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      expect(await sessions.read(changed, PAGE, NOW), `character ${at}`).toBeInstanceOf(ApiError)
    }
  })

  test('an expired token with a false start time', async () => {
    const old = await signed({ exp: iat - 1, iat: iat + 100 })
    expect(await sessions.read(old, PAGE, NOW)).toMatchObject({ code: 'session_expired' })
  })
})
