/** What must stay behind: the key, the caller's headers, the upstream's account and machines. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { ask, askStream, chat, lastError, QUESTION } from '../support/caller.ts'
import { keys, openStream, ROUTES, type Sent, VISITORS, visit } from '../support/gate.ts'
import { UPSTREAM_KEY, useHouse } from '../support/house.ts'
import { end, head, inOrder, reset, type Script, send } from '../support/script.ts'
import { begun, events, failing, json, page, streamHead } from '../support/scripts.ts'
import { answerEvents, completion, delta, event, role } from '../support/sse.ts'

const house = useHouse({ ALLOWED_ORIGINS: 'https://page.example' })

/** All that a caller was ever told, heads and bodies. */
let told = ''

async function hear(response: Response): Promise<string> {
  const body = await response.text().catch((error: unknown) => String(error))
  const all = `${response.status} ${JSON.stringify([...response.headers])} ${body}`
  told += all
  return all
}

afterEach(() => {
  const all = told
  told = ''
  const upstreamHost = new URL(house.upstream.url).host
  for (const secret of [UPSTREAM_KEY, upstreamHost]) {
    expect(all).not.toContain(secret)
    // The owner is told which host is not reached.
    const logs = house.logs.filter((line) => secret !== upstreamHost || line.code !== 'upstream_unreachable')
    expect(JSON.stringify(logs)).not.toContain(secret)
  }
})

describe('the key', () => {
  test('goes to the upstream', async () => {
    await hear(await ask(house.url))
    await hear(await askStream(house.url))
    await hear(await chat(house.url))
    await hear(await fetch(`${house.url}/v1/models`))
    for (const { headers } of house.upstream.calls)
      expect(headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
    expect(house.upstream.calls).toHaveLength(4)
  })

  test('and nowhere else, whatever the upstream says of it', async () => {
    const leak = `Incorrect API key provided: ${UPSTREAM_KEY} at ${house.upstream.url}/v1 for org-Ab12Cd34Ef56Gh78.`
    const scripts: Script[] = [
      failing(400, { message: leak, param: leak, code: leak, type: leak }),
      failing(401, { message: leak }),
      failing(404, { message: leak }),
      failing(422, { message: leak }),
      failing(429, { message: leak }, { 'retry-after': '20' }),
      ...[
        { object: 'error', message: leak, type: leak, code: leak },
        { message: leak },
        { detail: leak },
      ].flatMap((body) => [json(body, { status: 400 }), json(body)]),
      json({ detail: [{ loc: ['body', leak], msg: leak, type: leak, input: leak }] }, { status: 422 }),
      page(leak, 'text/plain', 400),
      page(leak, 'text/html'),
      inOrder(head(302, { location: `${house.upstream.url}/${UPSTREAM_KEY}` }), end),
    ]
    for (const script of scripts) {
      for (const call of [ask, askStream]) {
        await house.upstream.clear()
        house.upstream.next(script)
        expect(await hear(await call(house.url))).not.toContain('org-Ab12Cd34Ef56Gh78')
      }
      await house.upstream.clear()
      house.upstream.next(script)
      expect(await hear(await chat(house.url))).not.toContain('org-Ab12Cd34Ef56Gh78')
    }
  })

  test('nor where the connection fails', async () => {
    house.upstream.next(reset, reset, reset)
    await hear(await askStream(house.url))
    await house.upstream.refuse()
    await hear(await ask(house.url))
    await house.upstream.accept()
  })

  test('nor is the caller’s own forwarded', async () => {
    await hear(await ask(house.url, QUESTION, { headers: { authorization: 'Bearer sk-of-the-caller' } }))
    expect(JSON.stringify(house.upstream.calls[0]?.headers)).not.toContain('sk-of-the-caller')
  })
})

describe('headers of the caller', () => {
  const sent: Record<string, string> = {
    cookie: 'session=abc123secret',
    'x-forwarded-for': '203.0.113.7',
    'x-real-ip': '203.0.113.7',
    'cf-connecting-ip': '203.0.113.7',
    forwarded: 'for=203.0.113.7',
    referer: 'https://page.example/private',
    origin: 'https://page.example',
    'user-agent': 'callers-agent/1.0',
    'openai-organization': 'org-of-the-caller',
    'openai-project': 'proj-of-the-caller',
    'x-stainless-retry-count': '77777',
    'x-api-key': 'key-of-the-caller',
    'idempotency-key': 'stainless-of-the-caller',
    'accept-language': 'tlh',
    'x-anything': 'anything-at-all',
  }

  test.each<[string, () => Promise<Response>]>([
    ['streamed', () => askStream(house.url, {}, { headers: sent })],
    ['unstreamed', () => ask(house.url, QUESTION, { headers: sent })],
    ['plain', () => chat(house.url, 'Hello?', { headers: sent })],
    ['models', () => fetch(`${house.url}/v1/models`, { headers: sent })],
  ])('stay behind: %s', async (_, call) => {
    await hear(await call())
    const [upstreamCall] = house.upstream.calls
    const forwarded = JSON.stringify(upstreamCall?.headers)
    for (const [name, value] of Object.entries(sent)) {
      expect(forwarded, name).not.toContain(value)
      if (name !== 'user-agent') expect(upstreamCall?.headers, name).not.toHaveProperty(name)
    }
  })

  test('nor does the query go along', async () => {
    await hear(
      await fetch(`${house.url}/v1/chat/completions?api-version=1&secret=x`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(QUESTION),
      }),
    )
    expect(house.upstream.calls[0]?.path).toBe('/v1/chat/completions')
  })
})

describe('headers of the upstream', () => {
  const kept = {
    'x-request-id': 'req_42',
    'x-ratelimit-limit-requests': '10000',
    'x-ratelimit-remaining-tokens': '149999',
    'x-ratelimit-reset-tokens': '6ms',
  }
  const dropped = {
    'set-cookie': '__cf_bm=tracking; path=/; HttpOnly',
    'openai-organization': 'org-of-the-owner',
    'openai-project': 'proj_of_the_owner',
    'openai-processing-ms': '23',
    server: 'internal-gateway/7',
    via: '1.1 internal-gateway',
    'x-internal-host': 'gpu-17.internal',
    'cf-ray': '9e4fb2ea99e62968-LHR',
    'alt-svc': 'h3=":443"',
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'strict-transport-security': 'max-age=1',
    'content-security-policy': "default-src 'none'",
  }
  const headers = { ...kept, ...dropped }

  test.each<[string, Script, () => Promise<Response>]>([
    ['a stream', inOrder(streamHead(headers), send(...answerEvents(['a'])), end), () => askStream(house.url)],
    ['JSON', json(completion('a'), { headers }), () => ask(house.url)],
    ['plain text', inOrder(streamHead(headers), send(...answerEvents(['a'])), end), () => chat(house.url)],
    ['a refusal', failing(400, {}, headers), () => ask(house.url)],
    ['the models', json({ object: 'list', data: [] }, { headers }), () => fetch(`${house.url}/v1/models`)],
  ])('of %s: those that callers act on, and no other', async (_, script, call) => {
    house.upstream.next(script)
    const response = await call()
    const received = Object.fromEntries(response.headers)
    expect(received).toMatchObject(kept)
    for (const [name, value] of Object.entries(dropped)) expect(received[name], name).not.toBe(value)
    expect(response.headers.getSetCookie()).toEqual([])
    await hear(response)
  })
})

describe('what identifies the account or its machines, in an error’s words', () => {
  test.each([
    ['an organisation', 'Rate limit reached in organization org-AbCdEf123456 on tokens.', 'org-AbCdEf123456'],
    ['an address', 'Failed at http://gpu-17.internal:8080/v1/x?key=1 now.', 'gpu-17.internal'],
  ])('%s', async (_, message, secret) => {
    for (const script of [failing(400, { message }), failing(429, { message }, { 'retry-after': '20' })]) {
      house.upstream.next(script)
      const all = await hear(await ask(house.url))
      expect(all).not.toContain(secret)
      // The rest of the sentence is the caller's to read.
      expect(all).toContain(message.split(' ')[0])
    }
  })

  describe('in mid-stream', () => {
    const message = `Rate limit reached in organization org-Ab12Cd34Ef56Gh78 on http://10.0.0.5:8000/v1 key ${UPSTREAM_KEY}`
    const error = event({ error: { message, type: message, param: message, code: message } })

    test.each<[string, string[]]>([
      ['after a role', [role(), error]],
      ['as the first event', [error]],
    ])('%s', async (_, list) => {
      for (const call of [chat, openStream]) {
        house.upstream.next(events(list))
        const all = await hear(await call(house.url))
        expect(all).toContain('Rate limit reached')
        expect(all).not.toMatch(/org-Ab12|10\.0\.0\.5/)
      }
    })
  })
})

describe('every configured secret, in an error of every form, on every route', () => {
  const random = (length: number) => randomBytes(length).toString('base64').slice(0, length)
  const { ACCESS_KEYS, callers } = keys(1)
  const account = randomBytes(16).toString('hex')
  const vars = {
    ...VISITORS,
    ACCESS_KEYS,
    OPENAI_API_KEY: random(40),
    SESSION_SECRET: random(44),
    MODERATION_API_KEY: random(32),
    MODERATION_URL: `http://judge-7.acme.example:8080/${account}/moderations`,
    SYSTEM_PROMPT: 'You sell shoes on behalf of Acme.\n"Never" mention the 40 % margin.',
    MODELS: 'gpt-test',
    VISITOR_DAILY_TOKENS: '100000000',
  }
  const guarded = useHouse(vars)
  const secrets = () => [
    vars.OPENAI_API_KEY,
    vars.SESSION_SECRET,
    vars.MODERATION_API_KEY,
    account,
    ACCESS_KEYS.split(':')[1] ?? '',
    'judge-7.acme.example',
    new URL(guarded.upstream.url).host,
    vars.SYSTEM_PROMPT,
    'behalf of Acme. "Never" mention',
  ]
  const json4 = (text: string) => JSON.stringify(text).slice(1, -1)
  const writings: ((secret: string) => string)[] = [
    (secret) => secret,
    (secret) => secret.toUpperCase(),
    encodeURIComponent,
    json4,
    (secret) => json4(json4(secret)),
    (secret) => btoa(`x${secret}yz`),
    (secret) => secret.replace(/\W/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    (secret) => `(${secret.slice(0, 30)}…)`,
  ]
  const bodies: ((words: string) => unknown)[] = [
    (words) => ({ error: { message: words, type: 'invalid_request_error', param: words, code: words } }),
    (words) => ({ error: { message: 'Zebra.', type: words, param: null, code: 'c', metadata: words } }),
    (words) => [{ error: { message: words } }],
    (words) => ({ error: words }),
    (words) => ({ object: 'error', message: words, type: words, param: words, code: words }),
    (words) => ({ message: words }),
    (words) => ({ detail: words }),
    (words) => ({ detail: [{ loc: ['body', words], msg: words, type: words, input: words }] }),
    (words) => ({ errors: [{ code: words, message: words }] }),
  ]
  const [numbers] = fc.sample(fc.infiniteStream(fc.nat()), 1)
  const any = <T>(list: readonly T[]) => list[(numbers?.next().value ?? 0) % list.length] as T

  const scripts: [string, (words: string, id: string) => Script][] = [
    ...[400, 404, 422, 429, 401, 200].map((status): [string, (words: string, id: string) => Script] => [
      `with status ${status}`,
      (words, id) => {
        const headers = { 'retry-after': '20', 'x-request-id': id }
        return json(any(bodies)(words), { status, headers })
      },
    ]),
    ['as a page', (words) => page(`<html><body>${words}</body></html>`, 'text/html', any([200, 400, 404]))],
    ['as the first event', (words) => events([errorEvent(words)])],
    ['after an event', (words) => events([role(), errorEvent(words)])],
  ]
  function errorEvent(words: string): string {
    return any([
      () => event(any(bodies.filter((_, i) => i < 2 || i === 4))(words)),
      () => event({ choices: [{ index: 0, delta: {} }], error: { message: words, code: words } }),
      () => `event: error\ndata: ${words.replaceAll('\n', ' ')}\n\n`,
    ])()
  }

  /** With usage, so that no stream is piped without being looked at. */
  const fields = { stream_options: { include_usage: true } }

  test.each(scripts)('%s', async (_, scriptOf) => {
    let heard = ''
    for (let run = 0; run < 5; run++) {
      // The first is struck out as it stands, so its words are heard.
      const secret = run === 0 ? vars.OPENAI_API_KEY : any(secrets())
      const written = run === 0 ? secret : any(writings)(secret)
      // An id has no room for the prompt.
      const id = secret.includes('Acme') ? 'req_1' : written.replace(/[^ -~]/g, '')
      const script = scriptOf(`Zebra said ${written} to us.`, id)
      const visitor = await visit(guarded.url)
      for (const headers of [callers[0] as Sent, visitor]) {
        for (const [route, ask] of ROUTES) {
          await guarded.upstream.clear()
          guarded.upstream.next(script)
          const all = await hear(await ask(guarded.url, route === 'unstreamed' ? {} : fields, { headers }))
          expect(guarded.upstream.calls, all).toHaveLength(1)
          const log = JSON.stringify(guarded.logs)
          const leaks = [secret, written, json4(written)].filter((kept) => log.includes(kept))
          // Words about the account are the owner's to read, without what is secret.
          const others = guarded.logs.filter(({ upstream_status }) => upstream_status !== 401)
          if (JSON.stringify(others).includes('Zebra')) leaks.push('Zebra')
          const leaksHere = [secret, written, json4(written)].filter((kept) => all.includes(kept))
          expect({ leaks, leaksHere }, `${route}: ${all}`).toEqual({ leaks: [], leaksHere: [] })
          if (headers === visitor) expect(all, route).not.toMatch(/zebra/i)
          else heard += all
        }
      }
    }
    if (!/401|page/.test(_)) expect(heard).toContain('Zebra')
  })

  test('to visitors the upstream’s code and param are told, in words of ours', async () => {
    const visitor = await visit(guarded.url)
    const said = {
      message: 'Zebra.',
      type: 'zebra',
      param: 'messages[0].content',
      code: 'context_length_exceeded',
    }
    const told = { ...said, message: 'The upstream rejected the request.', type: 'invalid_request_error' }
    for (const [route, ask] of ROUTES) {
      guarded.upstream.next(failing(400, said))
      const response = await ask(guarded.url, {}, { headers: visitor })
      const body = await response.text()
      if (route === '/chat') expect(body).toBe(`${said.code}: ${told.message}\n`)
      else expect(JSON.parse(body)).toEqual({ error: told })
    }
    guarded.upstream.next(events([role(), event({ error: said })]))
    const stream = await askStream(guarded.url, {}, { headers: visitor })
    expect(lastError(await stream.text())).toEqual(told)
  })
})

test('neither prompt nor answer is ever logged, however the call ends', async () => {
  const [prompt, reply] = ['prompt-canary-7315', 'answer-canary-9024']
  const messages = [{ role: 'user', content: prompt }]
  const scripts: Script[] = [
    events(answerEvents([reply])),
    inOrder(begun([delta(reply)]), end),
    inOrder(begun([delta(reply).slice(0, -8)]), end),
    events([delta(reply), event({ error: { message: `${prompt} ${reply}` } })]),
    ...[400, 401, 402, 403, 404, 422, 500, 503].map((status) =>
      failing(
        status,
        { message: `${prompt} is not allowed: ${reply}`, type: 'x', code: 'y' },
        { 'x-should-retry': 'false' },
      ),
    ),
    page(`${prompt} ${reply}`, 'text/html'),
  ]
  const before = house.logs.length
  for (const script of scripts) {
    house.upstream.next(script)
    await hear(await ask(house.url, { ...QUESTION, messages, stream: true }))
    house.upstream.next(script)
    await hear(await chat(house.url, prompt))
    await house.upstream.clear()
  }
  await expect.poll(() => house.logs.length).toBeGreaterThanOrEqual(before + 2 * scripts.length)
  for (const line of house.logs) expect(JSON.stringify(line)).not.toMatch(/canary/)
})
