/** The demo's answers as responses. One that rests on documents looks for them first, and names them. */
import { newResponse, numbering } from '../../formats/responses/closing.ts'
import { responseUsage } from '../../formats/responses/usage.ts'
import { isRecord } from '../../protocol/json.ts'
import type { DemoAnswer, DemoForm, DemoPiece, Pace, Timed } from './form.ts'

export const RESPONSES: DemoForm = {
  read({ input, max_output_tokens: most }) {
    if (typeof input === 'string') return { messages: [{ role: 'user', content: input }], most }
    const items = Array.isArray(input) ? input.filter(isRecord) : []
    return { messages: items.map(({ role, content }) => ({ role: String(role), content })), most }
  },
  events: numbered,
  whole: (answer) => responseOf(answer, lastStatus(answer), outputOf(answer)),
}

type Members = Record<string, unknown>

const lastStatus = ({ isCut }: DemoAnswer) => (isCut ? 'incomplete' : 'completed')
const messageId = ({ id }: DemoAnswer) => `msg_${id}`
const searchId = ({ id }: DemoAnswer) => `fs_${id}`
const restsOnDocuments = ({ pieces }: DemoAnswer) => pieces.some(({ source }) => source !== undefined)

function responseOf(answer: DemoAnswer, status: string, output: readonly Members[]): Members {
  const { id, created, model, usage } = answer
  return {
    ...newResponse(`resp_${id}`, model),
    created_at: created,
    status,
    output,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    usage: status === 'in_progress' ? null : responseUsage(usage),
    background: false,
    max_output_tokens: null,
    previous_response_id: null,
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    top_p: 1,
    truncation: 'disabled',
  }
}

function searchItem(answer: DemoAnswer, status: string): Members {
  const queries = status === 'completed' ? [answer.question] : []
  return { id: searchId(answer), type: 'file_search_call', status, queries, results: null }
}

function messageItem(answer: DemoAnswer, status: string): Members {
  const content = status === 'in_progress' ? [] : [partOf(answer.pieces)]
  return { id: messageId(answer), type: 'message', status, role: 'assistant', content }
}

function partOf(pieces: readonly DemoPiece[]): Members {
  let text = ''
  const annotations: Members[] = []
  for (const piece of pieces) {
    text += piece.text
    if (piece.source !== undefined) annotations.push(citation(piece.source, text.length))
  }
  return { type: 'output_text', annotations, logprobs: [], text }
}

const citation = (filename: string, index: number): Members => ({
  type: 'file_citation',
  file_id: `file-demo-${filename}`,
  filename,
  index,
})

const outputOf = (answer: DemoAnswer): Members[] => [
  ...(restsOnDocuments(answer) ? [searchItem(answer, 'completed')] : []),
  messageItem(answer, lastStatus(answer)),
]

function* numbered(answer: DemoAnswer, _: unknown, pace: Pace): Generator<Timed> {
  const number = numbering(-1)
  for (const { at, type, ...members } of events(answer, pace)) yield { at, ...number(type, members) }
}

interface Event extends Members {
  at: number
  type: string
}

function* events(answer: DemoAnswer, pace: Pace): Generator<Event> {
  const first = pace.token(1)
  const begun = { response: responseOf(answer, 'in_progress', []) }
  yield { at: 0, type: 'response.created', ...begun }
  yield { at: 0, type: 'response.in_progress', ...begun }
  const searches = restsOnDocuments(answer)
  if (searches) yield* search(answer, first / 2)
  const output_index = searches ? 1 : 0
  const item_id = messageId(answer)
  const place = { item_id, output_index, content_index: 0 }
  yield {
    at: first,
    type: 'response.output_item.added',
    output_index,
    item: messageItem(answer, 'in_progress'),
  }
  yield { at: first, type: 'response.content_part.added', ...place, part: partOf([]) }
  let at = first
  let length = 0
  let annotation_index = 0
  for (const { text, upTo, source } of answer.pieces) {
    at = pace.token(upTo)
    length += text.length
    if (text !== '') yield { at, type: 'response.output_text.delta', ...place, delta: text, logprobs: [] }
    if (source === undefined) continue
    const annotation = citation(source, length)
    yield { at, type: 'response.output_text.annotation.added', ...place, annotation_index, annotation }
    annotation_index++
  }
  const part = partOf(answer.pieces)
  const status = lastStatus(answer)
  yield { at, type: 'response.output_text.done', ...place, text: part.text, logprobs: [] }
  yield { at, type: 'response.content_part.done', ...place, part }
  yield { at, type: 'response.output_item.done', output_index, item: messageItem(answer, status) }
  yield { at, type: `response.${status}`, response: responseOf(answer, status, outputOf(answer)) }
}

/** @param at when the search begins; it ends as the first words come */
function* search(answer: DemoAnswer, at: number): Generator<Event> {
  const place = { output_index: 0, item_id: searchId(answer) }
  const { output_index } = place
  yield { at: 0, type: 'response.output_item.added', output_index, item: searchItem(answer, 'in_progress') }
  yield { at: 0, type: 'response.file_search_call.in_progress', ...place }
  yield { at: 0, type: 'response.file_search_call.searching', ...place }
  yield { at, type: 'response.file_search_call.completed', ...place }
  yield { at, type: 'response.output_item.done', output_index, item: searchItem(answer, 'completed') }
}
