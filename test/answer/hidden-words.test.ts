/** Whatever an upstream hides a flagged word in, a moderated answer doesn't show it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Judge } from '../../worker/moderation/judge.ts'
import { createModeration, type Mode } from '../../worker/moderation/moderation.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { runParts } from '../support/answer.ts'
import { chunk, DONE_EVENT, delta, event, finish, role } from '../support/sse.ts'

const WORD = 'bomb'
/** A number that means a word. */
const CODE = 80868086
const FLAGGED = /bomb|80868086/i

const judge: Judge = async (texts) =>
  texts.some((text) => FLAGGED.test(text)) ? { kind: 'flagged', categories: [] } : { kind: 'passed' }

const inDelta = (fields: object) =>
  event(chunk({}, { choices: [{ index: 0, delta: fields, finish_reason: null }] }))
const inChoice = (fields: object) => event(chunk({}, { choices: [{ index: 0, delta: {}, ...fields }] }))
const beside = (fields: object) => event(chunk({}, { choices: [], ...fields }))
const reasoning = Array.from({ length: 20 }, () => inDelta({ reasoning_content: 'hmm, let me think ' }))

/** Events that hide the word. */
const PLACES: Readonly<Record<string, string>> = {
  content: delta(WORD),
  'content over deltas': delta('bo') + delta('mb'),
  'content as parts': inDelta({
    content: [
      { type: 'text', text: 'bo' },
      { type: 'text', text: 'mb' },
    ],
  }),
  'content and then refusal': delta('bo') + inDelta({ refusal: 'mb' }),
  'parts of content and of refusal': inDelta({
    content: [
      { type: 'text', text: 'bo' },
      { type: 'refusal', refusal: 'mb' },
    ],
  }),
  'content around reasoning': delta('bo') + reasoning.join('') + delta('mb'),
  'content after the end of its choice': delta('bo') + finish() + delta('mb'),
  'content of a choice that ends in the same event': event(
    chunk(
      {},
      {
        choices: [
          { index: 0, delta: { content: 'bo' }, finish_reason: 'stop' },
          { index: 0, delta: { content: 'mb' } },
        ],
      },
    ),
  ),
  'content in escapes': `data: {"choices":[{"index":0,"delta":{"content":"\\u0062omb"}}]}\n\n`,
  reasoning: inDelta({ reasoning_content: WORD }),
  'an unknown field of a delta': inDelta({ thoughts: { deep: [WORD] } }),
  'a name in a delta': inDelta({ [WORD]: 1 }),
  'a name beside the choices': beside({ [WORD]: null }),
  'the name of a field of usage': beside({ usage: { total_tokens: 1, [WORD]: 2 } }),
  'a text in usage': beside({ usage: { total_tokens: WORD } }),
  role: inDelta({ role: WORD }),
  'an id': event({ ...chunk({}), id: WORD }),
  'an id with a prefix': event({ ...chunk({}), id: `chatcmpl-${WORD}` }),
  'a fingerprint': beside({ system_fingerprint: `the ${WORD}` }),
  model: beside({ model: WORD }),
  object: beside({ object: WORD }),
  'a tool call’s id': inDelta({
    tool_calls: [{ index: 0, id: WORD, type: 'function', function: { name: 'f', arguments: '' } }],
  }),
  'a tool call’s type': inDelta({ tool_calls: [{ index: 0, id: 'call_1', type: WORD }] }),
  'data of sound': inDelta({ audio: { id: 'audio_1', data: WORD } }),
  'a signature': inDelta({ thinking: '', signature: WORD }),
  'a field of a choice': inChoice({ native_finish_reason: WORD }),
  'the reason of an end': inChoice({ finish_reason: WORD }),
  'log probabilities': inChoice({
    logprobs: { content: [{ token: WORD, top_logprobs: [{ token: WORD }] }] },
  }),
  'other probable tokens': inChoice({
    logprobs: { content: [{ token: 'a', top_logprobs: [{ token: WORD }] }] },
  }),
  citations: beside({ citations: ['https://example.com', WORD] }),
  'results of a search': beside({ search_results: [{ title: WORD, url: 'https://example.com' }] }),
  padding: beside({ obfuscation: WORD }),
  'a number': beside({ x: CODE }),
  'a number in a delta': inDelta({ content: CODE }),
  'the first of two members': `data: {"choices":[{"index":0,"delta":{"content":"${WORD}","content":"hi"}}]}\n\n`,
  'the first of two choices': `data: {"choices":"${WORD}","choices":[]}\n\n`,
  'a comment': `: ${WORD}\n\n`,
  'an event’s name': `event: ${WORD}\n${delta('a')}`,
  'an event’s id': `id: ${WORD}\n${delta('a')}`,
  'a time to wait': `retry: ${CODE}\n${delta('a')}`,
  'an unknown field of an event': `${WORD}: a\n${delta('a')}`,
  'a comment before the end': `: ${WORD}\n`,
  'a ping': event({ type: 'ping', note: WORD }),
  'the name of a ping': event({ [WORD]: 'ping' }),
  'a named event that is no JSON': `event: ping\ndata: ${WORD}\n\n`,
  'another named event': `event: ping\ndata: {"note":"${WORD}"}\n\n`,
  'a named event of text': `event: ping\ndata: "${WORD}"\n\n`,
  'what is no JSON': `data: ${WORD}\n\n`,
  'lines that are no JSON': `data: a\ndata: ${WORD}\n\n`,
}

/** All that a reader is shown: the bytes, and each running text of the events in them. */
function shown(bytes: Uint8Array, data: readonly string[]): string {
  const said: unknown[] = []
  for (const one of data) {
    try {
      for (const { delta } of JSON.parse(one).choices ?? []) said.push(delta?.content, delta?.refusal)
    } catch {
      said.push(one)
    }
  }
  const texts = said
    .flat()
    .map((one) => (typeof one === 'object' && one !== null ? Object.values(one).join('') : one))
  return `${Buffer.from(bytes)}\n${texts.filter((one) => one !== undefined && one !== null).join('')}`
}

const answers = fc.record({
  place: fc.constantFrom(...Object.keys(PLACES)),
  before: fc.array(fc.constantFrom('some ', 'words ', 'that '), { maxLength: 30 }),
  after: fc.array(fc.constantFrom('are ', 'of no ', 'interest '), { maxLength: 30 }),
  cuts: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 9 }),
})

function cutUp(wire: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = toBytes(wire)
  const parts: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (cuts[i % cuts.length] ?? 1)
    parts.push(bytes.subarray(at, end))
    at = end
  }
  return parts
}

const sizes = {
  phrase: 8,
  context: 8,
  first: { chars: 2, ms: 0 },
  last: { chars: 16, ms: 0 },
  held: 64 * 1024,
}

async function show(parts: Uint8Array[], mode: Mode) {
  return runParts(parts, {
    moderate: (release) => createModeration({ judge, mode, unreachable: 'closed', release, sizes }),
  })
}

test('a flagged word is never shown, wherever it is hidden', async () => {
  await fc.assert(
    fc.asyncProperty(answers, async ({ place, before, after, cuts }) => {
      const words = (all: readonly string[]) => all.map((word) => delta(word)).join('')
      const wire = role() + words(before) + PLACES[place] + words(after) + finish() + DONE_EVENT
      const { bytes, data } = await show(cutUp(wire, cuts), { kind: 'hold' })
      expect(shown(bytes, data)).not.toMatch(FLAGGED)
    }),
    { numRuns: 2_000 },
  )
})

test.each(Object.keys(PLACES))('%s: not shown in one piece either', async (place) => {
  const wire = role() + delta('a') + PLACES[place] + finish() + DONE_EVENT
  const { bytes, data } = await show([toBytes(wire)], { kind: 'hold' })
  expect(shown(bytes, data)).not.toMatch(FLAGGED)
})

test('an answer of every known field passes as it came', async () => {
  const tool = { index: 0, id: 'call_9', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
  const usage = {
    prompt_tokens: 1,
    completion_tokens: 2,
    total_tokens: 3,
    completion_tokens_details: { reasoning_tokens: 0 },
  }
  const events = [
    role(),
    inDelta({ reasoning_content: 'hm' }),
    delta('hello'),
    inDelta({
      annotations: [
        {
          type: 'url_citation',
          url_citation: { url: 'https://example.com', title: 'e', start_index: 0, end_index: 1 },
        },
      ],
    }),
    inDelta({ tool_calls: [tool] }),
    finish(),
    beside({ usage, system_fingerprint: 'fp_44709d6fcb', service_tier: 'default' }),
    DONE_EVENT,
  ]
  const { bytes, end, last } = await show([toBytes(events.join(''))], { kind: 'hold' })
  expect(end.state).toBe('done')
  expect(Buffer.from(bytes).toString()).toBe(events.slice(0, -1).join(''))
  expect(last.events).toEqual([{ data: '[DONE]' }])
})
