/** First bytes of answers that end, or may end, with nothing in them. */
import { describe, expect, test } from 'vitest'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { responsesAnswers } from '../../worker/formats/responses/answers.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

describe.each([
  ['a chat', chatCompletions],
  ['a response', responsesAnswers],
])('%s may have no answer', (_, { mayLackAnswer }) => {
  const END = 'data: [DONE]\n\n'

  test('at each cut of an end alone', () => {
    for (let at = 1; at <= END.length; at++) expect(mayLackAnswer(toBytes(END.slice(0, at))), END).toBe(true)
  })

  test.each<[string, string, boolean]>([
    ['an end after a comment', `: hi\n\n${END}`, true],
    ['an end after a comment, in CRLF', ': hi\r\n\r\ndata: [DONE]\r\n\r\n', true],
    ['an end, and more after it', `${END}data: {"choices":[]}\n\n`, true],
    ['an event without JSON', 'data: null\n\n', true],
    ['a comment', ': [DONE] comes later\n\n', false],
    ['the beginning of an answer', 'data: {"choices":[', false],
    ['an answer with its end', `data: {"choices":[]}\n\n${END}`, false],
    ['an event with a name', 'event: response.created\ndata: {"type":', false],
  ])('with %s', (_, text, may) => {
    expect(mayLackAnswer(toBytes(text))).toBe(may)
  })
})
