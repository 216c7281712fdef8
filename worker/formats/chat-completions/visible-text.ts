/** What an answer says that can be read, and so counted: of all its choices, in each of the forms it comes in. */
import type { ChatChunk, Delta } from '../../protocol/wire.ts'

/** One piece of one running text: `key` tells which of an answer's texts goes on. */
export interface Piece {
  key: string
  text: string
}

/** The pieces of text of a chunk. A tool call is its name and its arguments; reasoning counts where it is shown. */
export function visiblePieces(chunk: Pick<ChatChunk, 'choices'>): Piece[] {
  return chunk.choices.flatMap((choice) => piecesOf(choice.delta, choice.index))
}

/** The same of an unstreamed answer: a message has the fields of a delta. */
export function piecesOf(message: Delta | undefined, index: number): Piece[] {
  if (message === undefined || message === null) return []
  const { content, refusal, reasoning_content, tool_calls } = message
  const pieces = [
    { key: `${index}:content`, text: content },
    { key: `${index}:refusal`, text: refusal },
    { key: `${index}:reasoning`, text: reasoning_content ?? message.reasoning },
    ...(Array.isArray(tool_calls) ? tool_calls.flatMap((call) => toolPieces(call, index)) : []),
  ]
  return pieces.filter((piece): piece is Piece => typeof piece.text === 'string' && piece.text !== '')
}

interface ToolCall {
  index?: number
  function?: { name?: unknown; arguments?: unknown }
}

function toolPieces(call: unknown, choice: number): { key: string; text: unknown }[] {
  if (typeof call !== 'object' || call === null) return []
  const { index = 0, function: called } = call as ToolCall
  return [
    { key: `${choice}:${index}:name`, text: called?.name },
    { key: `${choice}:${index}:arguments`, text: called?.arguments },
  ]
}
