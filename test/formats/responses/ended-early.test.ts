/** Answers that are ended here, as the clients that people use take them. */
import { describe, expect, test } from 'vitest'
import type { Closing } from '../../../worker/formats/answer-format.ts'
import { responsesAnswers } from '../../../worker/formats/responses/answers.ts'
import { encodeSse } from '../../../worker/protocol/encode.ts'
import { CLIENTS } from '../../support/response-clients.ts'
import { LONG_ANSWER, numbered, TEXT_ANSWER } from '../../support/responses.ts'

const usage = () => ({
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  source: 'estimated' as const,
})

const ENDS: Readonly<Record<string, Partial<Closing>>> = {
  'by moderation': { state: 'moderated', cut: { choices: [0], reason: 'content_filter' }, retract: { 0: 3 } },
  'by a limit': { state: 'budget', cut: { choices: [0], reason: 'length' } },
  'by its caller': { state: 'stopped' },
}

describe.each(Object.keys(ENDS))('%s', (how) => {
  test.each(Object.keys(CLIENTS))('after any event, it is an incomplete answer to %s', async (name) => {
    const client = CLIENTS[name] as (typeof CLIENTS)[string]
    for (const answer of [TEXT_ANSWER, LONG_ANSWER]) {
      for (let shown = 0; shown < answer.length; shown++) {
        const reader = responsesAnswers.reader('gpt-own')
        const events = numbered(answer.slice(0, shown)).map((one) => {
          const event = reader.judged(reader.read({ data: JSON.stringify(one) }))
          reader.shown?.(event)
          return { data: event.data, event: event.name }
        })
        const last = reader.closing({ state: 'done', tell: undefined, usage, ...ENDS[how] })
        const { text, failure } = await client([...events, ...last].map(encodeSse).join(''))
        // The agents take any answer that is not completed for a failure, and say which.
        const known = name === '@openai/agents' ? /"response\.incomplete"/ : /^undefined$/
        expect(String(failure), `after ${shown} events`).toMatch(known)
        const deltas = answer.slice(0, shown).filter(({ type }) => type === 'response.output_text.delta')
        expect(text).toBe(deltas.map(({ delta }) => delta).join(''))
      }
    }
  })
})
