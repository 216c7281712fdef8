/** The demo's answers as chat completions. */
import { type ChatChunk, type ChatRequest, DONE } from '../../formats/chat-completions/wire.ts'
import type { Usage } from '../../protocol/wire.ts'
import type { DemoAnswer, DemoForm, Pace, Timed } from './form.ts'

const finishOf = ({ isCut }: DemoAnswer) => (isCut ? 'length' : 'stop')
const idOf = ({ id }: DemoAnswer) => `chatcmpl-demo-${id}`

export const CHAT: DemoForm = {
  read(request) {
    const { messages, max_completion_tokens, max_tokens } = request as ChatRequest
    return { messages, most: max_completion_tokens ?? max_tokens }
  },
  events,
  whole(answer) {
    const { created, model, pieces, usage } = answer
    const content = pieces.map(({ text }) => text).join('')
    const message = { role: 'assistant', content, refusal: null }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finishOf(answer) }]
    return { id: idOf(answer), object: 'chat.completion', created, model, choices, usage }
  },
}

function* events(answer: DemoAnswer, request: Record<string, unknown>, pace: Pace): Generator<Timed> {
  const { created, model, pieces, usage } = answer
  const includeUsage = (request as ChatRequest).stream_options?.include_usage === true
  const head = { id: idOf(answer), object: 'chat.completion.chunk', created, model }
  const chunk = (fields: Pick<ChatChunk, 'choices'> & { usage?: Usage | null }) =>
    JSON.stringify({ ...head, ...(includeUsage && { usage: null }), ...fields })
  const delta = (delta: ChatChunk['choices'][number]['delta'], finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] })

  let at = pace.token(1)
  yield { at, data: delta({ role: 'assistant', content: '', refusal: null }) }
  for (const { text, upTo } of pieces) {
    if (text === '') continue
    at = pace.token(upTo)
    yield { at, data: delta({ content: text }) }
  }
  yield { at, data: delta({}, finishOf(answer)) }
  if (includeUsage) yield { at, data: chunk({ choices: [], usage }) }
  yield { at, data: DONE }
}
