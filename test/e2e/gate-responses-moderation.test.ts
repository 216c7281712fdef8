/**
 * What is flagged of a response reaches no reader, on any of its routes, nor the question that goes on from
 * it.
 */
import { beforeEach, describe, expect, test } from 'vitest'
import { FORBIDDEN, phraseOf } from '../support/answers.ts'
import { dataOf } from '../support/caller.ts'
import { keys, type Sent } from '../support/gate.ts'
import { type House, useHouse } from '../support/house.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import {
  begin,
  complete,
  type Members,
  messageEvents,
  named,
  numbered as numberedEvents,
  reasoningEvents,
} from '../support/responses.ts'
import { hang, inOrder, type Script, wait } from '../support/script.ts'
import { begun, events, json } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

const { ACCESS_KEYS, callers } = keys(1)
const headers = callers[0] as Sent
const LEAD = 200
const vars = { ACCESS_KEYS, OPEN_ACCESS: 'false', KEY_DAILY_TOKENS: '9000000', MAX_OUTPUT_TOKENS: '2000' }
const holding = useHouse({ ...vars, MODERATION: 'both' })
const retracting = useHouse({
  ...vars,
  MODERATION: 'both',
  MODERATION_MODE: 'retract',
  MODERATION_RETRACT_CHARS: String(LEAD),
})

/** As long as what moderation promises to see whole, in letters that stand nowhere else. */
const PHRASE = phraseOf(60)
const isBad = (text: string) => text.includes(PHRASE)
const QUESTION = { model: 'gpt-test', input: 'Say hello.' }
const WORDS = numbered(200)
const PLACES = { 'at its first word': 0, 'in its middle': 100, 'at its last word': 200 }
const wordsWith = (place: number) => [...WORDS.slice(0, place), ...PHRASE, ...WORDS.slice(place)]
const wire = (list: Members[]) => numberedEvents(list).map(named)
const answerOf = (words: string[]) => wire(complete([...begin(), ...messageEvents(words)]))

function when({ upstream }: House, model: Script, moderation = verdict(isBad)) {
  upstream.when((call) => (isModeration(call) ? moderation : model))
}

const call = (house: House, path: string, body?: object) =>
  fetch(`${house.url}/v1/responses${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const ROUTES: [string, object][] = [
  ['relayed', { stream: true }],
  ['in the background', { stream: true, background: true }],
]

const eventsOf = (text: string): Members[] => dataOf(text).map((data) => JSON.parse(data))
const shownOf = (list: readonly Members[]) =>
  list.map(({ type, delta }) => (type === 'response.output_text.delta' ? delta : '')).join('')

interface Ended {
  id: string
  status: string
  incomplete_details: unknown
  output: { type: string; content: { text: string }[] }[]
}
const endOf = (list: readonly Members[]) => (list.at(-1) as { response: Ended }).response
const textOf = ({ output }: Ended) =>
  output.map(({ content }) => content.map(({ text }) => text).join('')).join('')

let start: Map<House, number>
beforeEach(() => {
  start = new Map([holding, retracting].map((house) => [house, house.logs.length]))
})
async function line(house: House): Promise<Members> {
  const found = () => house.logs.slice(start.get(house)).filter(({ method }) => method === 'POST')
  await expect.poll(() => found().length).toBeGreaterThan(0)
  return found()[0] as Members
}

/** All that can be read of a response, and what the question after it tells the upstream. */
async function everywhere(house: House, id: string): Promise<string[]> {
  const texts = []
  for (const path of ['', '/input_items', '?stream=true', '?stream=true&starting_after=0']) {
    const response = await call(house, `/${id}${path}`)
    expect([path, response.status]).toEqual([path, 200])
    texts.push(await response.text())
  }
  const before = house.upstream.calls.length
  await (
    await call(house, '', { ...QUESTION, input: 'And now?', previous_response_id: id, stream: true })
  ).text()
  const asked = house.upstream.calls.slice(before).filter((it) => !isModeration(it))
  expect(asked).toHaveLength(1)
  return [...texts, JSON.stringify(asked[0]?.request.input)]
}

describe.each(ROUTES)('held, %s', (route, how) => {
  describe.each(Object.entries(PLACES))('flagged %s', (_, place) => {
    test.each<[string, Script]>([
      ['and goes on', inOrder(begun(answerOf(wordsWith(place)).slice(0, -4), 1), hang)],
      ['and is whole already', inOrder(events(answerOf(wordsWith(place))))],
    ])('%s: no reader sees a letter of it', async (_, model) => {
      when(holding, model)
      const text = await (await call(holding, '', { ...QUESTION, ...how })).text()
      expect(text).not.toMatch(FORBIDDEN)
      const list = eventsOf(text)
      const end = endOf(list)
      expect(list.at(-1)).toMatchObject({
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      })
      const shown = shownOf(list)
      expect(WORDS.join('').startsWith(shown)).toBe(true)
      expect(textOf(end)).toBe(shown)
      // Each item that began ends: some clients show nothing else.
      const count = (type: string) => list.filter((event) => event.type === type).length
      expect(count('response.output_item.done')).toBe(count('response.output_item.added'))
      expect(await line(holding)).toMatchObject({ end: 'moderated' })
      if (route === 'relayed') return
      when(holding, events(answerOf(['Fine.'])))
      const found = await everywhere(holding, end.id)
      for (const one of found) expect(one).not.toMatch(FORBIDDEN)
      expect(JSON.parse(found[0] as string)).toEqual(end)
      expect(found[2]).toBe(text)
      if (shown !== '') expect(found.at(-1)).toContain(shown)
    })
  })
})

describe.each(ROUTES)('shown ahead, %s', (route, how) => {
  test.each([100, 600])('flagged: its reader takes it back, and nobody sees it later (%i ms)', async (ms) => {
    const model = inOrder(begun(answerOf(wordsWith(120)).slice(0, -4), 3), hang)
    when(retracting, model, inOrder(wait(ms), verdict(isBad)))
    const text = await (await call(retracting, '', { ...QUESTION, ...how })).text()
    const list = eventsOf(text)
    const last = list.at(-1) as Members & { millrace: { state: string; retract: Record<string, number> } }
    expect(last).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'content_filter' } },
      millrace: { state: 'moderated', retract: { 0: expect.any(Number) } },
    })
    const shown = shownOf(list)
    const withdrawn = last.millrace.retract[0] ?? 0
    const kept = shown.slice(0, shown.length - withdrawn)
    expect(withdrawn).toBeLessThanOrEqual(LEAD)
    expect(kept).not.toMatch(FORBIDDEN)
    expect(WORDS.join('').startsWith(kept)).toBe(true)
    const end = endOf(list)
    // The last event repeats the text that stays: some clients show nothing else.
    expect(JSON.stringify(end)).not.toMatch(FORBIDDEN)
    expect(await line(retracting)).toMatchObject({ end: 'moderated' })
    if (route === 'relayed') return
    when(retracting, events(answerOf(['Fine.'])))
    const found = await everywhere(retracting, end.id)
    for (const one of found) expect(one).not.toMatch(FORBIDDEN)
    // The count is right for who reads it only now.
    const later = shownOf(eventsOf(found[2] as string))
    expect([later.length, later.slice(0, kept.length)]).toEqual([shown.length, kept])
  })
})

test('a flagged question has no answer, and no id', async () => {
  when(
    holding,
    hang,
    verdict(() => true),
  )
  for (const [, how] of [...ROUTES, ['unstreamed', {}] as const]) {
    const refused = await call(holding, '', { ...QUESTION, ...how })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'content_filter' } }])
  }
})

test('an answer that is not streamed is judged whole', async () => {
  const whole = complete([...begin(), ...messageEvents(wordsWith(100))]).at(-1)?.response
  when(holding, json(whole))
  const refused = await call(holding, '', QUESTION)
  const text = await refused.text()
  expect(text).not.toMatch(FORBIDDEN)
  expect(JSON.parse(text)).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
  })
})

test('a thought that is flagged is shown nowhere either', async () => {
  const list = complete([
    ...begin(),
    ...reasoningEvents(wordsWith(100)),
    ...messageEvents(WORDS.slice(0, 5), 1),
  ])
  when(holding, events(wire(list)))
  const text = await (await call(holding, '', { ...QUESTION, stream: true, background: true })).text()
  expect(text).not.toMatch(FORBIDDEN)
  const { id } = endOf(eventsOf(text))
  when(holding, events(answerOf(['Fine.'])))
  for (const one of await everywhere(holding, id)) expect(one).not.toMatch(FORBIDDEN)
})
