/** Embeddings, transcriptions and pictures: who may ask, what it may cost, and what is judged. */
import { beforeEach, describe, expect, test } from 'vitest'
import { receive, refusal } from '../support/caller.ts'
import { keys, type Sent, usageOf, VISITORS, visit } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { startMillrace } from '../support/millrace.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import { ENDPOINTS, type Endpoint, IMAGES, TRANSCRIPTIONS, WAYS } from '../support/passed.ts'
import { cut, hang, head, inOrder, type Script, send } from '../support/script.ts'
import { begun, events, failing, json } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'

const { ACCESS_KEYS, callers, newCaller } = keys(100)
const house = useHouse({
  ...VISITORS,
  ACCESS_KEYS,
  KEY_DAILY_TOKENS: '5000',
  UNSEEN_TOKENS_PER_SECOND: '0',
})

const settled = async (headers: Sent, { url } = house) => (await settledUsage(url, headers)).tokens

describe('who may ask', () => {
  test.each(ENDPOINTS)('%s: keys alone', async (_, { ask }) => {
    const visitor = await ask(house.url, {}, { headers: await visit(house.url) })
    expect([visitor.status, (await refusal(visitor)).code]).toEqual([403, 'route_not_allowed'])
    const anyone = await ask(house.url)
    expect([anyone.status, (await refusal(anyone)).code]).toEqual([401, 'access_key_required'])
    expect(house.upstream.calls).toHaveLength(0)
  })

  test.each(ENDPOINTS)('%s: the demo says that it has none', async (_, { ask }) => {
    const demo = await startMillrace()
    try {
      const response = await ask(demo.url)
      expect([response.status, (await refusal(response)).code]).toEqual([404, 'route_not_available'])
    } finally {
      await demo.stop()
    }
  })
})

describe.each(WAYS)('%s: what it costs', (_, endpoint, fields, script) => {
  const { ask, reserved, used } = endpoint

  test('is put aside before the call, and settled at what the upstream counted', async () => {
    const headers = newCaller()
    let before: unknown
    house.upstream.next(async (reply) => {
      before = (await usageOf(house.url, headers)).tokens.reserved
      await script(reply)
    })
    const response = await ask(house.url, fields, { headers })
    expect(before).toBe(reserved.prompt + reserved.output)
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('5000')
    await receive(response)
    expect(await settled(headers)).toMatchObject({ used, reserved: 0 })
  })

  const half = (endpoint.events[0] ?? '{"data":').slice(0, -2)
  const unfinished = endpoint.last === undefined || !fields.stream
  const begin = unfinished
    ? inOrder(head(200, { 'content-type': 'application/json' }), send(half))
    : begun([half])

  test.each<[string, Script, number]>([
    ['refused', failing(400), 0],
    ['refused, since our key is', failing(401), 0],
    ['whole, and without usage', withoutUsage(endpoint, fields), reserved.prompt + reserved.output],
    ['cut', inOrder(begin, cut), reserved.prompt],
  ])('%s', async (_, how, tokens) => {
    const headers = newCaller()
    house.upstream.next(how)
    await receive(await ask(house.url, fields, { headers }))
    expect(await settled(headers)).toMatchObject({ used: tokens, reserved: 0 })
  })

  test.each<[string, Script]>([
    ['before the first byte', hang],
    ['in mid-answer', inOrder(begin, hang)],
  ])('its caller leaves %s: the prompt, since it was read', async (_, how) => {
    const headers = newCaller()
    house.upstream.next(how)
    const leave = new AbortController()
    const asked = ask(house.url, fields, { headers, signal: leave.signal }).catch(() => undefined)
    await house.upstream.call(1)
    await expect.poll(async () => (await usageOf(house.url, headers)).calls.running).toBe(1)
    leave.abort()
    await asked
    expect(await settled(headers)).toMatchObject({ used: reserved.prompt, reserved: 0 })
    await house.upstream.until(({ open }) => open === 0)
  })
})

function withoutUsage({ whole, events: list }: Endpoint, { stream }: { stream?: unknown }): Script {
  const { usage: _, ...rest } = whole
  return stream ? events(list.map((event) => event.replace(/,"usage":.*\}/, '}'))) : json(rest)
}

test.each([
  ['by tokens', { type: 'tokens', input_tokens: 40, output_tokens: 9 }, 49],
  ['by its seconds', { type: 'duration', seconds: 3.2 }, 32],
])('a transcription that is billed %s', async (_, usage, tokens) => {
  const headers = newCaller()
  house.upstream.next(json({ text: 'Hi', usage }))
  await receive(await TRANSCRIPTIONS.ask(house.url, {}, { headers }))
  expect(await settled(headers)).toMatchObject({ used: tokens })
})

describe('what is put aside for pictures', () => {
  test.each([
    [{ quality: 'low', size: '1024x1024' }, 272],
    [{ quality: 'low', n: 3 }, 3 * 408],
    [{ quality: 'medium', stream: true, partial_images: 2 }, 1584 + 200],
    [{ model: 'gpt-image-2', quality: 'high', size: '1024x1024', n: null }, 7024],
  ])('%j: %i tokens', async (fields, output) => {
    const headers = newCaller()
    house.upstream.next(async (reply) => {
      expect((await usageOf(house.url, headers)).tokens.reserved).toBe(3 + output)
      await json(IMAGES.whole)(reply)
    })
    const response = await IMAGES.ask(house.url, fields, { headers })
    // More than the day has is refused, and says what the call needs.
    if (response.status === 429)
      expect(await response.text()).toContain(`${(output + 3).toLocaleString('en')} tokens`)
    else expect(await response.json()).toEqual(IMAGES.whole)
  })

  test('of a model whose pictures have no known bound: refused', async () => {
    const response = await IMAGES.ask(house.url, { model: 'gpt-image-9' }, { headers: newCaller() })
    expect([response.status, (await refusal(response)).code]).toEqual([400, 'cost_unknown'])
    expect(house.upstream.calls).toHaveLength(0)
  })
})

const crowded = useHouse({
  ...VISITORS,
  ACCESS_KEYS,
  KEY_DAILY_TOKENS: String(20 * IMAGES.reserved.output + 60),
})

test('a budget for 20 of 200 calls at once: 20 reach the upstream', async () => {
  const headers = newCaller()
  const { prompt, output } = IMAGES.reserved
  const usage = { input_tokens: prompt, output_tokens: output }
  crowded.upstream.when(() => json({ ...IMAGES.whole, usage }))
  const answers = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const response = await IMAGES.ask(crowded.url, {}, { headers })
      await receive(response)
      return response.status
    }),
  )
  expect(answers.filter((status) => status === 200)).toHaveLength(20)
  expect(answers.filter((status) => status === 429)).toHaveLength(180)
  expect(crowded.upstream.calls).toHaveLength(20)
  expect(await settled(headers, crowded)).toMatchObject({ used: 20 * (prompt + output), left: 0 })
})

const listed = useHouse({ ...VISITORS, ACCESS_KEYS, MODELS: 'small' })

describe('MODELS', () => {
  test.each(ENDPOINTS)('%s: holds', async (_, { ask, whole }) => {
    const headers = newCaller()
    listed.upstream.next(json(whole))
    expect((await ask(listed.url, { model: 'small' }, { headers })).status).toBe(200)
    const response = await ask(listed.url, { model: 'large' }, { headers })
    expect([response.status, (await refusal(response)).code]).toEqual([404, 'model_not_found'])
    expect(listed.upstream.calls).toHaveLength(1)
  })

  test.each(ENDPOINTS.filter(([name]) => name !== 'transcriptions'))(
    '%s: a model named twice goes on once',
    async (_, { path, whole }) => {
      listed.upstream.next(json(whole))
      const body = '{"model":"large","input":"Hi","prompt":"Hi","model":"small"}'
      const headers = { ...newCaller(), 'content-type': 'application/json' }
      const response = await fetch(`${listed.url}${path}`, { method: 'POST', body, headers })
      expect(response.status).toBe(200)
      expect((await listed.upstream.call(1)).body.toString()).not.toContain('large')
    },
  )

  const part = (head: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
  const file = part('name="file"; filename="a.mp3"', 'sound')
  const small = part('name="model"', 'small')

  test.each<[string, string, string?]>([
    ['twice', `${file + small + part('name="model"', 'large')}--b--`],
    ['twice, once as a list', `${file + small + part('name="model[]"', 'large')}--b--`],
    ['twice, once in capitals', `${file + small + part('name="Model"', 'large')}--b--`],
    ['twice, once as a file', `${file + small + part('name="model"; filename="m"', 'large')}--b--`],
    ['with two names in one head', `${file + part('name="x"; name="model"', 'small')}--b--`],
    ['with an encoded name', `${file + small + part("name*=utf-8''mod%65l", 'large')}--b--`],
    ['with an escaped name', `${file + small + part('name="mod\\el"', 'large')}--b--`],
    [
      'in a part within a part',
      `${file}${small}${part('name="x"', `\n--b\nContent-Disposition: form-data; name="model"\n\nlarge`)}--b--`,
    ],
    [
      'before the first boundary',
      `${part('name="model"', 'large').replace('--b', '-- b')}${file}${small}--b--`,
    ],
    ['after the end', `${file}${small}--b--\r\n${part('name="model"', 'large')}--b--`],
    ['in a form without an end', file + small],
    ['by line feeds', `${file + small + part('name="model"', 'large')}--b--`.replaceAll('\r\n', '\n')],
    ['in base64', `${file + part('name="model"\r\nContent-Transfer-Encoding: base64', 'c21hbGw=')}--b--`],
    ['under two boundaries', `${file + small}--b--`, 'multipart/form-data; boundary=b; boundary=c'],
    ['under a boundary of another form', `${file + small}--b--`, 'multipart/form-data; boundary=c'],
    ['as mixed parts', `${file + small}--b--`, 'multipart/mixed; boundary=b'],
  ])(
    'a form that names its model %s is refused',
    async (_, body, type = 'multipart/form-data; boundary=b') => {
      const headers = { ...(callers[0] as Sent), 'content-type': type }
      const response = await fetch(`${listed.url}/v1/audio/transcriptions`, { method: 'POST', body, headers })
      expect([400, 415]).toContain(response.status)
      expect(['invalid_form', 'invalid_parameter', 'unsupported_media_type']).toContain(
        (await refusal(response)).code,
      )
      expect(listed.upstream.calls).toHaveLength(0)
    },
  )

  test.each([
    ['in quotes', `${file + small}--b--\r\n`, 'multipart/form-data; boundary=b'],
    ['without quotes', `${file + part('name=model', 'small')}--b--`, 'multipart/form-data; boundary="b"'],
  ])('a plain form, with its names %s, goes on', async (_, body, type) => {
    listed.upstream.next(json(TRANSCRIPTIONS.whole))
    const headers = { ...(callers[0] as Sent), 'content-type': type }
    const response = await fetch(`${listed.url}/v1/audio/transcriptions`, { method: 'POST', body, headers })
    expect(response.status).toBe(200)
    expect((await listed.upstream.call(1)).body.toString()).toBe(body)
  })
})

describe('wrong input is refused, with its field, and costs nothing', () => {
  const endpoints = new Map(ENDPOINTS)

  test.each<[string, Record<string, unknown>, string]>([
    ['embeddings', { model: undefined }, 'model'],
    ['embeddings', { model: 7 }, 'model'],
    ['embeddings', { Model: 'large' }, 'model'],
    ['embeddings', { input: undefined }, 'input'],
    ['embeddings', { input: '' }, 'input'],
    ['embeddings', { input: [] }, 'input'],
    ['embeddings', { input: [''] }, 'input[0]'],
    ['embeddings', { input: ['a', {}] }, 'input[1]'],
    ['embeddings', { input: ['a', [1, 'b']] }, 'input[1]'],
    ['embeddings', { input: { text: 'a' } }, 'input'],
    ['embeddings', { input: Array(2049).fill('a') }, 'input'],
    ['images', { model: null }, 'model'],
    ['images', { prompt: undefined }, 'prompt'],
    ['images', { prompt: ['a'] }, 'prompt'],
    ['images', { stream: 'yes' }, 'stream'],
    ['images', { n: 1.5 }, 'n'],
    ['images', { n: -1 }, 'n'],
    ['images', { n: 1e9 }, 'n'],
    ['images', { partial_images: 'all' }, 'partial_images'],
    ['images', { size: 1024 }, 'size'],
    ['images', { quality: {} }, 'quality'],
    ['transcriptions', { model: undefined }, 'model'],
    ['transcriptions', { file: undefined }, 'file'],
    ['transcriptions', { file: 'words' }, 'file'],
    ['transcriptions', { stream: 'yes' }, 'stream'],
    ['transcriptions', { more: new File(['x'], 'x.mp3') }, 'more'],
  ])('%s, %j: %s', async (name, fields, param) => {
    const { ask } = endpoints.get(name) as Endpoint
    const response = await ask(house.url, fields, { headers: callers[1] as Sent })
    expect(response.status).toBe(400)
    expect(await refusal(response)).toMatchObject({ code: 'invalid_parameter', param })
    expect(house.upstream.calls).toHaveLength(0)
  })

  test('a body of another type', async () => {
    const post = (path: string, type: string) =>
      fetch(`${house.url}${path}`, {
        method: 'POST',
        body: 'x',
        headers: { ...callers[1], 'content-type': type },
      })
    expect((await post('/v1/embeddings', 'text/plain')).status).toBe(415)
    expect((await post('/v1/audio/transcriptions', 'application/json')).status).toBe(415)
  })
})

const BAD = 'a forbidden word'
const judging = useHouse({ ...VISITORS, ACCESS_KEYS, MODERATION: 'input', KEY_DAILY_TOKENS: '50000' })
const judgingBoth = useHouse({ ...VISITORS, ACCESS_KEYS, MODERATION: 'both' })

describe('MODERATION', () => {
  const words = { embeddings: 'input', transcriptions: 'prompt', images: 'prompt' } as const

  beforeEach(() => {
    for (const { upstream } of [judging, judgingBoth]) {
      upstream.when((call) => (isModeration(call) ? verdict((text) => text.includes(BAD)) : undefined))
    }
  })

  test.each(WAYS)('of questions, %s: a flagged one is refused', async (name, { ask }, fields, script) => {
    const field = words[name.split(',')[0] as keyof typeof words]
    judging.upstream.when(() => script)
    const response = await ask(
      judging.url,
      { ...fields, [field]: `This is ${BAD}.` },
      { headers: newCaller() },
    )
    expect([response.status, (await refusal(response)).code]).toEqual([400, 'content_filter'])
  })

  test.each(WAYS)('of questions, %s: any other one is answered', async (name, { ask }, fields, script) => {
    const field = words[name.split(',')[0] as keyof typeof words]
    judging.upstream.when(() => script)
    const response = await ask(judging.url, { ...fields, [field]: 'A fine word.' }, { headers: newCaller() })
    expect(response.status).toBe(200)
    await receive(response)
    const judged = judging.upstream.calls.filter(isModeration)
    expect(JSON.stringify(judged.map(({ request }) => request.input))).toContain('A fine word.')
  })

  test.each(WAYS)('that can’t be reached, %s: nothing is shown', async (_, { ask }, fields, script) => {
    await judging.upstream.clear()
    judging.upstream.when((call) => (isModeration(call) ? failing(400) : script))
    const response = await ask(
      judging.url,
      { ...fields, prompt: 'Words.', input: 'Words.' },
      { headers: newCaller() },
    )
    expect([response.status, (await refusal(response)).code]).toEqual([503, 'moderation_unavailable'])
  })

  test('of questions: a recording without a word beside it is not asked about', async () => {
    judging.upstream.when(() => json(TRANSCRIPTIONS.whole))
    const response = await TRANSCRIPTIONS.ask(judging.url, {}, { headers: newCaller() })
    expect(response.status).toBe(200)
    expect(judging.upstream.calls.filter(isModeration)).toEqual([])
  })

  test('of questions: 2,000 inputs are judged in one call', async () => {
    const [[, embeddings]] = ENDPOINTS as [(typeof ENDPOINTS)[number]]
    judging.upstream.when(() => json(embeddings.whole))
    const input = Array.from({ length: 2000 }, (_, index) => `w${index}`)
    const response = await embeddings.ask(judging.url, { input }, { headers: newCaller() })
    expect(response.status).toBe(200)
    const [call, ...more] = judging.upstream.calls.filter(isModeration)
    expect(more).toEqual([])
    expect(JSON.stringify(call?.request.input)).toContain('w1999')
  })

  test('of questions: token numbers can’t be judged, so they are refused', async () => {
    const [[, embeddings]] = ENDPOINTS as [(typeof ENDPOINTS)[number]]
    for (const input of [
      [1, 2],
      ['words', [1, 2]],
    ]) {
      const response = await embeddings.ask(judging.url, { input }, { headers: newCaller() })
      expect(response.status).toBe(400)
      expect(await refusal(response)).toMatchObject({ code: 'invalid_parameter', param: 'input' })
    }
    expect(judging.upstream.calls).toHaveLength(0)
  })

  test.each(WAYS)(
    'of answers, %s: what can’t be judged is not asked for',
    async (name, { ask }, fields, script) => {
      judgingBoth.upstream.when(() => script)
      const response = await ask(judgingBoth.url, fields, { headers: newCaller() })
      if (name.startsWith('embeddings')) return expect(response.status).toBe(200)
      expect([response.status, (await refusal(response)).code]).toEqual([403, 'route_not_allowed'])
      expect(judgingBoth.upstream.calls).toHaveLength(0)
    },
  )
})
