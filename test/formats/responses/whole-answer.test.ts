import { expect, test } from 'vitest'
import { responsesAnswers } from '../../../worker/formats/responses/answers.ts'
import { begin, LONG_ANSWER, type Members, TEXT_ANSWER } from '../../support/responses.ts'

const { readWhole, judgedWhole, emptied, masked, mayLackAnswer, mayEnd } = responsesAnswers
const WHOLE = LONG_ANSWER.at(-1)?.response as Members
const bytes = (text: string) => new TextEncoder().encode(text)

test('an unstreamed response is read with its texts and its usage', () => {
  const { texts, usage } = readWhole(WHOLE)
  expect(texts.map(({ kind, text }) => [kind, text])).toEqual([
    ['reasoning', 'Let me think.'],
    ['tool', '{"city":"Paris"}'],
    ['content', 'It is sunny.'],
  ])
  expect(usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 })
})

test('moderated, it says nothing that was not judged', () => {
  const { json, texts } = judgedWhole({ ...WHOLE, note: 'a bomb', secret: WHOLE.tools }, 'gpt-test')
  expect(JSON.stringify(json)).not.toMatch(/bomb|secret|vs_/)
  expect(texts.map(({ text }) => text)).toEqual([
    'Let me think.',
    '{"city":"Paris"}',
    'It is sunny.',
    'get_weather',
  ])
})

test('emptied, it has no words, and ends with the content filter', () => {
  expect(emptied({ ...WHOLE, model: 'a bomb' })).toMatchObject({
    id: WHOLE.id,
    model: '',
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    output: [],
    usage: WHOLE.usage,
  })
  expect(emptied('a bomb')).toMatchObject({ status: 'incomplete', output: [] })
})

test('masked, each text has its length and none of its characters', () => {
  const event = {
    type: 'response.output_text.delta',
    sequence_number: 4,
    item_id: 'msg_1',
    output_index: 0,
    delta: 'bomb',
  }
  expect(JSON.parse(masked(JSON.stringify(event)))).toEqual({ ...event, delta: '████' })
  expect(masked('bomb')).toBe('████')
})

test.each<[string, string, boolean]>([
  ['the beginning of an answer', JSON.stringify(begin()[0]), false],
  ['an error', '{"type":"error","code":"x"}', true],
  ['an error without a type', '{"error": {"message":"x"}}', true],
  ['an error by its name', 'event: error\ndata: {}', true],
  ['a failed response', '{"type":"response.failed","response":{"status":"failed"}}', true],
  ['a text about errors', '{"delta":"\\"error\\":{} and \\"failed\\""}', false],
])('first bytes may be an error, or not: %s', (_, text, may) => {
  expect(mayLackAnswer(bytes(text))).toBe(may)
})

test('deltas need no look for an end', () => {
  const ends = TEXT_ANSWER.filter((event) => mayEnd(JSON.stringify(event))).map(({ type }) => type)
  expect(ends).toEqual(['response.created', 'response.in_progress', 'response.completed'])
})
