/** Gathers the tool calls of one answer from its chunks. */
import { isRecord } from '../../worker/protocol/json.ts'
import { firstChoice } from './first-choice.ts'
import type { AnswerChunk } from './stream-format.ts'
import { withdraw } from './withdraw.ts'

/** A call as the model wrote it. */
export interface ToolCall {
  id: string
  name: string
  /** JSON, if the model wrote it right. */
  arguments: string
}

export interface CallCollector {
  see(chunk: AnswerChunk): void
  /** The calls, in their order; none if the answer broke off, so that some may be half of a call. */
  whole(): ToolCall[]
  /** The answer's text. */
  readonly content: string
}

/** A whole answer ends for one of these reasons. Some upstreams say `stop` where tools are called. */
const WHOLE = ['tool_calls', 'stop']

export function collectCalls(): CallCollector {
  const calls = new Map<unknown, ToolCall>()
  let content = ''
  let end: string | null = null
  let state: string | undefined

  function hear(piece: unknown, place: number): void {
    if (!isRecord(piece)) return
    // Upstreams with one call at a time may leave the index out.
    const { index = place, id, function: called } = piece
    const { name, arguments: more } = isRecord(called) ? called : {}
    const call = calls.get(index) ?? { id: '', name: '', arguments: '' }
    if (typeof id === 'string' && id !== '') call.id = id
    if (typeof name === 'string') call.name += name
    if (typeof more === 'string') call.arguments += more
    calls.set(index, call)
  }

  return {
    see(chunk) {
      const choice = firstChoice(chunk)
      content = withdraw(content + choice.content, chunk)
      end = choice.finishReason ?? end
      state = chunk.millrace?.state ?? state
      const pieces = chunk.choices.find(({ index = 0 }: { index?: number }) => index === 0)?.delta?.tool_calls
      if (Array.isArray(pieces)) for (const [place, piece] of pieces.entries()) hear(piece, place)
    },
    whole() {
      const isWhole = WHOLE.includes(end ?? '') && (state ?? 'done') === 'done'
      return isWhole ? [...calls.values()].filter(({ name }) => name !== '') : []
    },
    get content() {
      return content
    },
  }
}
