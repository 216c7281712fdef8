/** What is flagged reaches no reader, on whichever way an answer travels, and no journal. moderation.test.ts has the relay's own cases. */
import { beforeEach, describe, expect, test } from 'vitest'
import { FORBIDDEN, phraseOf } from '../support/answers.ts'
import { dataOf, lastError, type Received, receive, refusal } from '../support/caller.ts'
import { chatJson, keys, openStream, ROUTES, type Sent, usageOf } from '../support/gate.ts'
import { type House, useHouse } from '../support/house.ts'
import { heldVerdict, isModeration, verdict } from '../support/moderation-server.ts'
import { hang, inOrder, type Script, wait } from '../support/script.ts'
import { answer, begun, events, failing } from '../support/scripts.ts'
import { settledUsage } from '../support/settled-usage.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'

const { ACCESS_KEYS, callers } = keys(1)
const headers = callers[0] as Sent
const LEAD = 200
const vars = { ACCESS_KEYS, OPEN_ACCESS: 'false', KEY_DAILY_TOKENS: '9000000', MAX_OUTPUT_TOKENS: '2000' }
const holding = useHouse({ ...vars, MODERATION: 'both' })
const retracting = useHouse({
  ...vars,
  MODERATION: 'output',
  MODERATION_MODE: 'retract',
  MODERATION_RETRACT_CHARS: String(LEAD),
})
const open = useHouse({ ...vars, MODERATION: 'both', MODERATION_UNREACHABLE: 'open' })

/** As long as what moderation promises to see whole, in letters that stand nowhere else. */
const PHRASE = phraseOf(60)
const isBad = (text: string) => text.includes(PHRASE)

function when(
  { upstream }: House,
  { moderation = verdict(isBad), model }: { moderation?: Script; model: Script },
) {
  upstream.when((call) => (isModeration(call) ? moderation : model))
}

let start: Map<House, number>
beforeEach(() => {
  start = new Map([holding, retracting, open].map((house) => [house, house.logs.length]))
})
async function line(house: House, end: string): Promise<Record<string, unknown>> {
  const found = () => house.logs.slice(start.get(house)).find((record) => record.end === end)
  await expect.poll(found).toBeDefined()
  return found() ?? {}
}

/** The phrase in single letters, or three at a time, among words; some 900 characters, in seven windows or so. */
const WORDS = numbered(200)
const LETTERS = /./g
const PLACES = { 'at its first word': 0, 'in its middle': 100, 'at its last word': 200 }

const answerWith = (place: number, cut: RegExp) => [
  ...WORDS.slice(0, place),
  ...(PHRASE.match(cut) ?? []),
  ...WORDS.slice(place),
]

const chunksOf = (text: string) =>
  dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data))
const contentOf = (text: string) =>
  chunksOf(text)
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('')

describe.each(Object.entries(PLACES))('held: flagged %s', (_, place) => {
  const tokens = answerWith(place, LETTERS)
  test.each(ROUTES.slice(1))('%s: no reader sees one letter of it', async (route, ask) => {
    when(holding, { model: answer(tokens, 2) })
    const { text, error } = await receive(await ask(holding.url, {}, { headers }))
    expect(text).not.toMatch(FORBIDDEN)
    if (route === '/chat') {
      // With nothing shown it is a refusal, and else the connection breaks.
      if (error === undefined) expect(text).toBe('content_filter: The answer was flagged by moderation.\n')
      else expect(WORDS.join('').startsWith(text)).toBe(true)
    } else {
      expect(error).toBeUndefined()
      expect(WORDS.join('').startsWith(contentOf(text))).toBe(true)
      expect(chunksOf(text).some(({ choices }) => choices?.[0]?.finish_reason === 'content_filter')).toBe(
        true,
      )
      expect(dataOf(text).at(-1)).toBe('[DONE]')
    }
    expect(await line(holding, 'moderated')).toHaveProperty('completion_tokens')
  })
})

/** Reads a stream again from event `after` on. */
async function reread(house: House, opened: Response, after = 0): Promise<Received> {
  const url = `${house.url}${opened.headers.get('location')}?after=${after}`
  return receive(await fetch(url, { headers }))
}

describe('a durable stream, held', () => {
  const tokens = answerWith(150, LETTERS)

  test('whoever comes while it runs, or later, from any event on, reads the same, and none of it', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 999, total_tokens: 1008 }
    const model = events(answerEvents(tokens, { usage }), 4)
    when(holding, { model, moderation: inOrder(wait(100), verdict(isBad)) })
    const opened = await openStream(holding.url, {}, { headers })
    const [live, second] = await Promise.all([receive(opened), reread(holding, opened)])
    expect(live.text).not.toMatch(FORBIDDEN)
    expect(live.text.length).toBeGreaterThan(500)
    expect(second.text).toBe(live.text)
    const [last] = chunksOf(live.text).slice(-1)
    expect(last).toMatchObject({
      choices: [],
      millrace: { state: 'moderated', usage_source: expect.any(String) },
      usage: { completion_tokens: expect.any(Number) },
    })
    expect(last.millrace).not.toHaveProperty('retract')
    for (const after of [0, 1, 20, 60]) {
      const { text } = await reread(holding, opened, after)
      expect(text).not.toMatch(FORBIDDEN)
      expect(live.text.endsWith(text)).toBe(true)
    }
    const record = await line(holding, 'moderated')
    expect(record).toMatchObject({ route: '/v1/streams', completion_tokens: last.usage.completion_tokens })
  })

  test('the call upstream is aborted, and what it had sent is settled', async () => {
    const before = (await settledUsage(holding.url, headers)).tokens.used
    when(holding, { model: inOrder(begun([role(), ...answerWith(0, /.+/g).map(delta)]), hang) })
    await receive(await openStream(holding.url, {}, { headers }))
    await holding.upstream.until(({ open }) => open === 0)
    const record = await line(holding, 'moderated')
    const { used, reserved } = (await settledUsage(holding.url, headers)).tokens
    expect(used - before).toBe(Number(record.prompt_tokens) + Number(record.completion_tokens))
    // The prompt, and at least the words in which the phrase stood.
    expect(used - before).toBeGreaterThan(10 + PHRASE.length / 2)
    expect(reserved).toBe(0)
  })

  test('what passes is whole, and ends as it does without moderation', async () => {
    when(holding, { model: answer(WORDS, 2) })
    const { text } = await receive(await openStream(holding.url, {}, { headers }))
    expect(contentOf(text)).toBe(WORDS.join(''))
    expect(chunksOf(text).at(-1)).toMatchObject({ millrace: { state: 'done', usage_source: 'upstream' } })
  })
})

describe('a durable stream, shown ahead', () => {
  const tokens = answerWith(120, LETTERS)

  test.each([100, 600])(
    'flagged: who reads live withdraws it (verdicts in %i ms); who comes later never sees it',
    async (ms) => {
      when(retracting, {
        model: inOrder(begun([role(), ...tokens.map(delta)], 4), hang),
        moderation: inOrder(wait(ms), verdict(isBad)),
      })
      const opened = await openStream(retracting.url, {}, { headers })
      const live = (await receive(opened)).text
      const shown = contentOf(live)
      const { millrace } = chunksOf(live).at(-1)
      expect(millrace).toMatchObject({ state: 'moderated', retract: { 0: expect.any(Number) } })
      const withdrawn = millrace.retract[0]
      expect(withdrawn).toBeLessThanOrEqual(LEAD)
      const kept = shown.slice(0, shown.length - withdrawn)
      expect(kept).not.toMatch(FORBIDDEN)
      expect(WORDS.join('').startsWith(kept)).toBe(true)
      for (const after of [0, 5, 60]) {
        const { text } = await reread(retracting, opened, after)
        expect(text).not.toMatch(FORBIDDEN)
        // Masked letter by letter, so that the same count is right for who reads it only now.
        const later = contentOf(text)
        expect(
          shown.endsWith(later.slice(0, later.length - withdrawn) + shown.slice(shown.length - withdrawn)),
        ).toBe(true)
        expect(later.slice(later.length - withdrawn)).toMatch(/^█*$/)
        expect(chunksOf(text).at(-1)).toEqual(chunksOf(live).at(-1))
      }
      await line(retracting, 'moderated')
    },
  )

  test('at most so many characters ahead, however long a verdict takes', async () => {
    let text = ''
    const shown = () => contentOf(text.slice(0, text.lastIndexOf('\n\n') + 2))
    const much = Promise.withResolvers<void>()
    let ahead: number | undefined
    const moderation = inOrder(
      () => much.promise,
      // Whatever should not be shown yet would come now.
      wait(1000),
      async () => {
        ahead ??= shown().length
      },
      verdict(isBad),
    )
    when(retracting, { model: events(answerEvents(WORDS)), moderation })
    const { body } = await openStream(retracting.url, {}, { headers })
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part
      if (shown().length > LEAD / 2) much.resolve()
    }
    expect(ahead).toBeLessThanOrEqual(LEAD)
    expect(contentOf(text)).toBe(WORDS.join(''))
  })
})

describe('a question', () => {
  // Cut over two messages, as a model reads it and a judge of single messages wouldn't.
  const messages = [PHRASE.slice(0, 3), PHRASE.slice(3)].map((content) => ({ role: 'user', content }))

  test.each(ROUTES)(
    'flagged, %s: no answer, and what may have been read of it is settled',
    async (route, ask) => {
      const before = (await settledUsage(holding.url, headers)).tokens.used
      when(holding, { model: hang })
      const response = await ask(holding.url, { messages }, { headers })
      expect(response.status).toBe(400)
      if (route === '/chat') expect(await response.text()).toMatch(/^content_filter: /)
      else expect(await refusal(response)).toMatchObject({ code: 'content_filter' })
      await holding.upstream.until(({ open }) => open === 0)
      const used = async () => (await usageOf(holding.url, headers)).tokens.used
      await expect.poll(used).toBeGreaterThan(before)
      // A later test would find it among its own.
      await line(holding, 'moderated')
    },
  )

  test('flagged so late that the stream is open already: that is its end', async () => {
    const { script, give } = heldVerdict(isBad)
    when(holding, { moderation: script, model: answer(WORDS) })
    const response = await openStream(holding.url, { messages }, { headers })
    expect(response.status).toBe(201)
    give()
    const { text } = await receive(response)
    expect(contentOf(text)).toBe('')
    expect(lastError(text)).toMatchObject({ code: 'content_filter' })
    expect(chunksOf(text).at(-1)).toMatchObject({ millrace: { state: 'moderated' } })
    await line(holding, 'moderated')
  })
})

describe('a caller that leaves, or is refused, while the upstream is at work', () => {
  const question = { messages: [{ role: 'user', content: 'Tell me all.' }] }
  // In one write, so that the Worker has all of it or nothing.
  const words = numbered(1000)
  const tenths = Array.from({ length: 10 }, (_, i) => delta(words.slice(i * 100, i * 100 + 100).join('')))
  const spoken = [[role(), ...tenths].join('')]
  const told = begun(spoken)
  /** Passes the question, and never judges the answer. */
  const answerPends: Script = (reply) =>
    (JSON.stringify(reply.call.request).includes('Tell me all') ? verdict(isBad) : hang)(reply)

  /**
   * What this call alone is charged: its place and its tokens are free again, and it has one line in the log.
   */
  async function charged(before: number, end: string): Promise<number> {
    const { used } = (await settledUsage(holding.url, headers)).tokens
    expect(await line(holding, end)).toHaveProperty('charged_tokens', used - before)
    expect(holding.logs.slice(start.get(holding)).filter((line) => line.end !== 'done')).toHaveLength(1)
    return used - before
  }

  test.each<[string, string, Script]>(
    ROUTES.slice(1, 3).flatMap(([route]): [string, string, Script][] => [
      [route, 'its text is held', answerPends],
      [route, 'its question is judged', hang],
    ]),
  )('%s: it leaves while %s, and what came is charged', async (route, _, moderation) => {
    const { used } = (await settledUsage(holding.url, headers)).tokens
    when(holding, { moderation, model: inOrder(told, hang) })
    const leave = new AbortController()
    const [, ask] = ROUTES.find(([name]) => name === route) ?? []
    const asked = ask?.(holding.url, question, { headers, signal: leave.signal }).catch(() => undefined)
    // The moderation and the model were asked, and the model's words have come.
    const { calls } = holding.upstream
    const pending = () => calls.filter(isModeration).length === (moderation === hang ? 1 : 2)
    const isSaid = () => calls.find((call) => !isModeration(call))?.sent.length === spoken.length
    await expect.poll(() => pending() && isSaid()).toBe(true)
    leave.abort()
    await asked
    await holding.upstream.until(({ open }) => open === 0)
    expect(await charged(used, 'stopped')).toBeGreaterThan(900)
  })

  test.each(ROUTES.slice(1, 3))(
    '%s: its question is flagged late, and what came is charged',
    async (_, ask) => {
      const { used } = (await settledUsage(holding.url, headers)).tokens
      const isSaid = () =>
        holding.upstream.calls.find((call) => !isModeration(call))?.sent.length === spoken.length
      const afterIt: Script = async (reply) => {
        await expect.poll(isSaid).toBe(true)
        await verdict(() => true)(reply)
      }
      when(holding, { moderation: afterIt, model: inOrder(told, hang) })
      const response = await ask(holding.url, question, { headers })
      expect(await response.text()).toContain('content_filter')
      expect(await charged(used, 'moderated')).toBeGreaterThan(900)
    },
  )
})

describe('a moderation that fails', () => {
  test.each<[string, Script]>([
    ['a refusal', failing(401)],
    ['a redirect', failing(302, {}, { location: 'https://evil.example/' })],
  ])('%s: nothing is shown, or everything, as configured', async (_, moderation) => {
    // The question passes; nothing after it is judged.
    const later: Script = (reply) =>
      (reply.call.request.input === 'Say hello.' ? verdict(isBad) : moderation)(reply)
    when(holding, { moderation: later, model: answer(WORDS) })
    const closed = await receive(await openStream(holding.url, {}, { headers }))
    expect(contentOf(closed.text)).toBe('')
    expect(chunksOf(closed.text).at(-1)).toMatchObject({
      error: { code: 'moderation_unavailable' },
      millrace: { state: 'failed' },
    })
    await line(holding, 'failed')
    when(open, { moderation: later, model: answer(WORDS) })
    const shown = await receive(await openStream(open.url, {}, { headers }))
    expect(contentOf(shown.text)).toBe(WORDS.join(''))
    expect(chunksOf(shown.text).at(-1)).toMatchObject({ millrace: { state: 'done' } })
    const text = await receive(await chatJson(open.url, {}, { headers }))
    expect([text.error, text.text]).toEqual([undefined, WORDS.join('')])
  })
})
