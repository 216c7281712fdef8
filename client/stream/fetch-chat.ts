/** Asks for a chat completion in one piece. */
import type { ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import { type CallOptions, post } from './call.ts'
import { asChatError, clientError } from './chat-error.ts'
import { readRefusal } from './refusal.ts'

export interface Completion {
  /** The text of the first choice: its content, or its refusal. */
  text: string
  /** The model that answered; empty if the answer doesn't say. */
  model: string
  usage: Usage | null
}

/**
 * @param url the endpoint, such as `/v1/chat/completions`
 * @param request OpenAI's request body; `stream: false` is set here
 * @throws {ChatError} for refusals, lost connections, and answers that are not a completion
 * @throws the signal's reason, once it is aborted
 * @example
 *   const { text } = await fetchChat('/v1/chat/completions', { messages }, { signal })
 */
export async function fetchChat(
  url: string | URL,
  request: Omit<ChatRequest, 'stream'>,
  options: CallOptions = {},
): Promise<Completion> {
  const { signal } = options
  const response = await post(url, { ...request, stream: false }, 'application/json', options)
  if (!response.ok) throw await readRefusal(response, signal)
  const requestId = response.headers.get('x-request-id')
  let body: string
  try {
    body = await response.text()
  } catch (error) {
    signal?.throwIfAborted()
    throw asChatError(error, requestId)
  }
  const completion = readCompletion(body)
  if (completion === undefined) {
    throw clientError('not_a_completion', 'The server answered with something that is not a completion.', {
      requestId,
    })
  }
  return completion
}

/** OpenAI's completion in JSON; `undefined` for anything else. */
export function readCompletion(body: string): Completion | undefined {
  const value = parseRecord(body)
  const choices: unknown = value?.choices
  if (value === undefined || !Array.isArray(choices)) return undefined
  const message = toRecord(toRecord(choices[0])?.message)
  const text = (field: unknown) => (typeof field === 'string' ? field : '')
  const usage = toRecord(value.usage)
  return {
    text: text(message?.content) + text(message?.refusal),
    model: text(value.model),
    usage: typeof usage?.completion_tokens === 'number' ? (usage as Usage) : null,
  }
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  try {
    return toRecord(JSON.parse(json))
  } catch {
    return undefined
  }
}

function toRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}
