/** Whatever an upstream hides a flagged word in, a moderated response doesn't show it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { responsesAnswers } from '../../../worker/formats/responses/answers.ts'
import type { Judge } from '../../../worker/moderation/judge.ts'
import { createModeration } from '../../../worker/moderation/moderation.ts'
import { encodeSse, toBytes } from '../../../worker/protocol/encode.ts'
import { runParts } from '../../support/answer.ts'
import {
  begin,
  complete,
  LONG_ANSWER,
  type Members,
  message,
  messageEvents,
  named,
  numbered,
  refusalEvents,
  responseOf,
  wireOf,
} from '../../support/responses.ts'

const WORD = 'bomb'
/** A number that means a word. */
const CODE = 80868086
const FLAGGED = /bomb|80868086/i

const judge: Judge = async (texts) =>
  texts.some((text) => FLAGGED.test(text)) ? { kind: 'flagged', categories: [] } : { kind: 'passed' }

const at = { item_id: 'msg_1', output_index: 1, content_index: 0 }
const delta = (text: string, index = 0) => ({
  type: 'response.output_text.delta',
  ...at,
  content_index: index,
  delta: text,
})
const item = (members: Members) => ({
  type: 'response.output_item.done',
  output_index: 3,
  item: { id: 'x_1', ...members },
})
const part = (members: Members) => ({ type: 'response.content_part.done', ...at, part: members })
const cited = (members: Members) => ({
  type: 'response.output_text.annotation.added',
  ...at,
  annotation_index: 0,
  annotation: { type: 'url_citation', start_index: 0, end_index: 1, ...members },
})

/** Events that hide the word. */
const PLACES: Readonly<Record<string, readonly Members[]>> = {
  content: [delta(WORD)],
  'content over deltas': [delta('bo'), delta('mb')],
  'content over parts': [delta('bo', 0), delta('mb', 1)],
  'parts in another order': [delta('mb', 1), delta('bo', 0)],
  'parts taken up again': [delta('bo', 0), delta('some other text', 1), delta('mb', 0)],
  'content and a refusal': [
    delta('bo'),
    { type: 'response.refusal.delta', ...at, content_index: 1, delta: 'mb' },
  ],
  'content over messages': [...messageEvents(['bo'], 1, 'msg_1'), ...messageEvents(['mb'], 2, 'msg_2')],
  'a refusal': refusalEvents([WORD], 1),
  reasoning: [{ type: 'response.reasoning_text.delta', ...at, delta: WORD }],
  'a summary': [{ type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, delta: WORD }],
  arguments: [{ type: 'response.function_call_arguments.delta', ...at, delta: WORD }],
  'a command': [
    { type: 'response.shell_call_command.delta', output_index: 1, command_index: 0, delta: WORD },
  ],
  'output of a tool': [{ type: 'response.shell_call_output_content.delta', ...at, delta: { stdout: WORD } }],
  'a delta that is a number': [{ ...delta(''), delta: CODE }],
  'a delta of an unknown event': [{ type: 'response.thoughts.delta', delta: WORD }],
  'the end of a text alone': [{ type: 'response.output_text.done', ...at, text: WORD }],
  'the end of a text that was said otherwise': [
    delta('nice'),
    { type: 'response.output_text.done', ...at, text: WORD },
  ],
  'a part': [part({ type: 'output_text', text: WORD })],
  'a part of an unknown type': [part({ type: WORD, text: 'a' })],
  'an item': [{ ...item({}), item: message([{ type: 'output_text', text: WORD }]) }],
  'the name of a tool': [item({ type: 'function_call', name: WORD, arguments: '{}' })],
  'a query': [item({ type: 'web_search_call', action: { type: 'search', query: WORD } })],
  'queries that are one': [item({ type: 'file_search_call', queries: ['bo', 'mb'] })],
  'queries that are one, and were judged apart': [
    item({ type: 'file_search_call', queries: ['mb'] }),
    item({ type: 'file_search_call', queries: ['bo'] }),
    item({ type: 'file_search_call', queries: ['bo', 'mb'] }),
  ],
  'the title of a citation': [cited({ title: WORD, url: 'https://example.com' })],
  'the address of a citation': [cited({ title: 'a', url: `https://example.com/${WORD}` })],
  'the name of a file': [cited({ type: 'file_citation', filename: `${WORD}.md`, file_id: 'file-1' })],
  'log probabilities': [{ ...delta('a'), logprobs: [{ token: WORD, top_logprobs: [{ token: WORD }] }] }],
  padding: [{ ...delta('a'), obfuscation: WORD }],
  'a picture': [{ type: 'response.image_generation_call.partial_image', ...at, partial_image_b64: WORD }],
  'a prompt of a picture': [item({ type: 'image_generation_call', revised_prompt: WORD, result: WORD })],
  sound: [{ type: 'response.audio.delta', delta: WORD }],
  'encrypted content': [item({ type: 'reasoning', encrypted_content: `gAAAA ${WORD}` })],
  instructions: [{ type: 'response.in_progress', response: responseOf({ instructions: WORD }) }],
  metadata: [{ type: 'response.in_progress', response: responseOf({ metadata: { a: WORD } }) }],
  'a tool': [{ type: 'response.in_progress', response: responseOf({ tools: [{ type: WORD }] }) }],
  'an unknown field of the response': [
    { type: 'response.in_progress', response: responseOf({ note: WORD }) },
  ],
  model: [{ type: 'response.in_progress', response: responseOf({ model: WORD }) }],
  'the reason of an end': [
    { type: 'response.in_progress', response: responseOf({ incomplete_details: { reason: WORD } }) },
  ],
  'an id': [{ ...delta('a'), item_id: WORD }],
  'an id with a prefix': [{ ...delta('a'), item_id: `msg_${WORD}` }],
  type: [{ type: `response.${WORD}.delta`, delta: 'a' }],
  status: [item({ type: 'message', status: WORD })],
  role: [item({ type: 'message', role: WORD })],
  'a name': [{ ...delta('a'), [WORD]: 1 }],
  'a name deep inside': [item({ type: 'mcp_call', output: null, error: { deep: [{ [WORD]: true }] } })],
  'a number': [{ ...delta('a'), x: CODE }],
  'a ping': [{ type: 'ping', note: WORD }],
  'a keepalive': [{ type: 'keepalive', [WORD]: 1 }],
}

const BEFORE_THE_END: readonly Members[] = messageEvents(['Fine'])

const ENDS: Readonly<Record<string, Members>> = {
  'a text that no event said': { output: [message([{ type: 'output_text', text: WORD }])] },
  'texts that are one': {
    output: [
      message([
        { type: 'output_text', text: 'bo' },
        { type: 'output_text', text: 'mb' },
      ]),
    ],
  },
  'a field': { note: WORD },
  'a citation': {
    output: [message([{ type: 'output_text', text: 'Fine', annotations: [{ title: WORD }] }])],
  },
  'a field of usage': { usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2, [WORD]: 1 } },
  error: { error: { code: 'x', message: WORD } },
}

const RAW: Readonly<Record<string, string>> = {
  'an event’s name': `event: ${WORD}\ndata: ${JSON.stringify(delta('a'))}\n\n`,
  'a ping that is no JSON': `event: ping\ndata: ${WORD}\n\n`,
  'what is no JSON': `data: ${WORD}\n\n`,
  'a comment': `: ${WORD}\n\n`,
  'an event’s id': `id: ${WORD}\ndata: ${JSON.stringify(delta('a'))}\n\n`,
  'a value that is no object': `data: ["${WORD}"]\n\n`,
  'the first of two members': `data: {"type":"response.output_text.delta","delta":"${WORD}","delta":"a"}\n\n`,
  escapes: `data: {"type":"response.output_text.delta","delta":"\\u0062omb"}\n\n`,
}

const sizes = {
  phrase: 8,
  context: 8,
  first: { chars: 2, ms: 0 },
  last: { chars: 16, ms: 0 },
  held: 64 * 1024,
}

/** All that a reader is shown: the bytes, and the texts of them as readers join these, in both orders. */
async function shown(wire: string, size = wire.length): Promise<string> {
  const bytes = toBytes(wire)
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const { bytes: sent, last } = await runParts(parts, {
    format: responsesAnswers,
    reader: responsesAnswers.reader('gpt-test'),
    moderate: (release) =>
      createModeration({ judge, mode: { kind: 'hold' }, unreachable: 'closed', release, sizes }),
  })
  const all = Buffer.from(sent).toString() + last.events.map(encodeSse).join('')
  const texts = new Map<string, string>()
  for (const line of all.split('\n').filter((one) => one.startsWith('data: {'))) {
    const { output_index, content_index, delta, response } = JSON.parse(line.slice('data: '.length))
    if (typeof delta === 'string') {
      const place = `${output_index ?? 0} ${content_index ?? 0}`
      texts.set(place, (texts.get(place) ?? '') + delta)
      texts.set('~', (texts.get('~') ?? '') + delta)
    }
    const parts = (response?.output ?? []).flatMap((one: Members) => one.content ?? [])
    if (parts.length > 0) texts.set('response', parts.map((one: Members) => one.text ?? one.refusal).join(''))
    for (const item of response?.output ?? []) texts.set('queries', (item.queries ?? []).join(''))
  }
  const inOrder = [...texts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text)
  return `${all}\n${inOrder.join('')}\n${[...texts.values()].join('\n')}`
}

const answerWith = (hidden: readonly Members[]) => [...begin(), ...messageEvents(['Well, ']), ...hidden]

test.each(Object.entries(PLACES))('%s: not shown', async (_, hidden) => {
  expect(await shown(wireOf(complete(answerWith(hidden))))).not.toMatch(FLAGGED)
})

test.each(Object.entries(ENDS))('in the response’s end, %s: not shown', async (_, members) => {
  expect(await shown(wireOf(complete([...begin(), ...BEFORE_THE_END], members)))).not.toMatch(FLAGGED)
})

test.each(Object.entries(RAW))('%s: not shown', async (_, raw) => {
  const [first = '', ...others] = numbered(complete([...begin(), ...BEFORE_THE_END])).map(named)
  expect(await shown(first + raw + others.join(''))).not.toMatch(FLAGGED)
})

test('the word is never shown, wherever it is hidden in a random answer, and however that comes', async () => {
  const places = Object.values(PLACES)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...places, [delta('harmless ')], [delta('words ')]), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.constantFrom(undefined, ...Object.values(ENDS)),
      fc.integer({ min: 1, max: 3_000 }),
      async (hidden, end, size) => {
        expect(await shown(wireOf(complete(answerWith(hidden.flat()), end)), size)).not.toMatch(FLAGGED)
      },
    ),
    { numRuns: 500 },
  )
})

test('an answer of known fields passes, without what visitors must not see', async () => {
  const all = await shown(wireOf(LONG_ANSWER))
  expect(all).toContain('It is sunny.')
  expect(all).toContain('"type":"response.completed"')
})
