import { expect, test } from 'vitest'
import { emptied, readWhole } from '../../../worker/formats/chat-completions/whole-answer.ts'
import { completion, USAGE } from '../../support/sse.ts'

const ANSWER = {
  ...completion('', { system_fingerprint: 'fp', provider_note: 'bad' }),
  choices: [
    { index: 0, message: { role: 'assistant', content: 'bad', reasoning: 'hm' }, finish_reason: 'stop' },
    { index: 1, message: { role: 'assistant', content: 'worse' }, finish_reason: 'length' },
  ],
}

test('an unstreamed answer has the texts of all its choices, and its usage', () => {
  const { texts, usage } = readWhole(ANSWER)
  expect(texts.map(({ choice, kind, text }) => `${choice} ${kind} ${text}`).toSorted()).toEqual([
    '0 content bad',
    '0 reasoning hm',
    '1 content worse',
  ])
  expect(usage).toEqual(USAGE)
  expect(readWhole({ choices: [] })).toEqual({ texts: [] })
})

test.each(['words', { answer: 'words' }, ['words'], { choices: 'words' }])(
  'an answer of another shape has its texts too: %j',
  (json) => {
    expect(readWhole(json).texts).toMatchObject([{ kind: 'other', text: 'words' }])
  },
)

test('emptied, an answer keeps its usage and none of its words', () => {
  const { id, object, created, model } = completion('')
  const choice = (index: number) => ({
    index,
    message: { role: 'assistant', content: '', refusal: null },
    logprobs: null,
    finish_reason: 'content_filter',
  })
  expect(emptied(ANSWER)).toEqual({
    id,
    object,
    created,
    model,
    choices: [choice(0), choice(1)],
    usage: USAGE,
    system_fingerprint: 'fp',
  })
  expect(emptied('bad')).toEqual({ choices: [choice(0)] })
})
