/**
 * The wire formats that a stream may be in: what the upstream says in one, and what its readers get of that.
 */
import type { AnswerFormat } from '../../worker/formats/answer-format.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { responsesAnswers } from '../../worker/formats/responses/answers.ts'
import type { FormatName } from '../../worker/formats/wire-format.ts'
import type { EndState } from '../../worker/protocol/wire.ts'
import { begin, complete, messageEvents, named, numbered, RESPONSE_ID } from '../support/responses.ts'
import { answerEvents, event, TOOL_ERROR } from '../support/sse.ts'

export interface Dialect {
  name: FormatName
  format: AnswerFormat
  /** A whole answer with these words, event by event. The last is its own end. */
  answer(words: string[]): string[]
  /** An error in mid-stream. */
  error: string
  /** All events but the last, as the readers of this stream get them, without their ids. */
  shown(answer: readonly string[], id: string): string[]
  /** Whether these events, with their ids, end a stream in this state. */
  isClosing(events: readonly string[], state: EndState): boolean
}

const chat: Dialect = {
  name: 'chat-completions',
  format: chatCompletions,
  answer: answerEvents,
  error: event({ error: TOOL_ERROR }),
  shown: (answer) => answer.slice(0, -1),
  isClosing(events, state) {
    const [last = 'null', done] = events.map((one) => one.replace(/^id: \d+\ndata: /, ''))
    if (JSON.parse(last).millrace?.state !== state) return false
    return state === 'done' || state === 'stopped'
      ? events.length === 2 && done === '[DONE]'
      : events.length === 1 && JSON.parse(last).error !== undefined
  },
}

/** By how it ended, the last two events of a response. */
const ENDS: Readonly<Record<string, RegExp>> = {
  done: /^(?:.* )?response.completed$/,
  stopped: /response.incomplete$/,
  failed: /error response.failed$/,
  truncated: /error response.failed$/,
}

const responses: Dialect = {
  name: 'responses',
  format: responsesAnswers,
  answer: (words) => numbered(complete([...begin(), ...messageEvents(words)])).map(named),
  error: `event: error\n${event({ type: 'error', error: TOOL_ERROR })}`,
  shown: (answer, id) => answer.slice(0, -1).map((one) => one.replaceAll(RESPONSE_ID, id)),
  isClosing(events, state) {
    const values = events.map((one) => JSON.parse(one.replace(/^id: \d+\nevent: \S+\ndata: /, '')))
    // Whoever goes on after a number of the format's own gets what follows it.
    const areNumbered = events.every((one, index) =>
      one.startsWith(`id: ${values[index].sequence_number + 1}\nevent: ${values[index].type}\n`),
    )
    const types = values.map(({ type }) => type).join(' ')
    return areNumbered && values.at(-1)?.millrace?.state === state && ENDS[state]?.test(types) === true
  },
}

export const DIALECTS: Readonly<Record<FormatName, Dialect>> = { 'chat-completions': chat, responses }
