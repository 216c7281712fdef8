/** What the engine writes of a response whose events change on their way. */
import { expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { responsesAnswers } from '../../../worker/formats/responses/answers.ts'
import { encodeSse, toBytes } from '../../../worker/protocol/encode.ts'
import { runParts } from '../../support/answer.ts'
import { LONG_ANSWER, type Members, RESPONSE_ID, TEXT_ANSWER, wireOf } from '../../support/responses.ts'

const format = responsesAnswers
const wire = wireOf(LONG_ANSWER)

test('stripped and under an id of ours, in the bytes too', async () => {
  const reader = format.reader('gpt-test', { responseId: 'resp_ours1', strips: true })
  const { bytes, end, last } = await runParts([toBytes(wire)], { format, reader })
  const sent = Buffer.from(bytes).toString()
  expect(end.state).toBe('done')
  expect(sent).not.toMatch(new RegExp(`secret|vs_68f0|${RESPONSE_ID}`))
  const names = (text: string) => text.match(/^event: .*$/gm)
  expect(names(sent)).toEqual(names(wire))
  expect(last.events).toHaveLength(1)
})

test('an end without its blank line is the answer’s end, with its usage', async () => {
  const { end, last } = await runParts([toBytes(wire.slice(0, -2))], {
    format,
    reader: format.reader('gpt-test'),
  })
  expect(end.state).toBe('done')
  expect(last.events.map(encodeSse)).toEqual([
    wireOf(LONG_ANSWER)
      .split(/(?<=\n\n)/)
      .at(-1),
  ])
})

test('an answer that a limit ends repeats what was written, and no more', async () => {
  let deltas = 0
  const { data, last } = await runParts([toBytes(wireOf(TEXT_ANSWER))], {
    format,
    reader: format.reader('gpt-test'),
    observers: [
      {
        see({ texts }) {
          deltas += texts.filter(({ repeats }) => !repeats).length
          if (deltas === 3) throw new ApiError('budget_reached')
        },
      },
    ],
  })
  expect(JSON.parse(data.at(-1) ?? '')).toMatchObject({ delta: ', ' })
  const events = last.events.map(({ data }) => JSON.parse(data) as Members)
  expect(events[0]).toMatchObject({
    type: 'response.output_text.done',
    text: 'Hello, ',
    sequence_number: data.length,
  })
  expect(events.at(-1)).toMatchObject({ response: { incomplete_details: { reason: 'max_output_tokens' } } })
})
