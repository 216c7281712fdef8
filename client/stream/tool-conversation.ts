/** The conversation of a run of tools, as each of the two formats writes it. */
import type { ChatMessage, ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import { openResponse, type ResponseRequest } from './open-response.ts'
import { type OpenOptions, openStream } from './open-stream.ts'
import type { ChatStream } from './read-stream.ts'
import type { Tools } from './run-tools.ts'
import type { ToolCall } from './tool-calls.ts'

/** What became of a call. */
export interface ToolResult extends ToolCall {
  /** What the model is told. */
  content: string
  /** Whether it is told an error. */
  isError: boolean
}

/** An answer that calls tools. */
export interface Asked {
  /** The answer's id at the server. */
  id: string | undefined
  content: string
  calls: readonly ToolCall[]
}

export interface ToolConversation {
  /** @param inWords whether no tool may be called */
  ask(inWords: boolean, options: OpenOptions): ChatStream
  /** Notes the calls and their results, before the next question. */
  answered(asked: Asked, results: readonly ToolResult[]): void
}

/** @throws {TypeError} if the request is of neither format */
export function conversationOf(
  url: string | URL,
  request: Omit<ChatRequest, 'stream'> | Omit<ResponseRequest, 'stream' | 'background'>,
  tools: Tools,
): ToolConversation {
  const { messages, input } = request
  if (Array.isArray(messages)) return byMessages(url, request as ChatRequest, tools)
  if (input !== undefined) return byItems(url, request as ResponseRequest, tools)
  throw new TypeError('runTools needs a request with messages, or with input.')
}

/** What a round adds to the request. A call of no tool is asked for by the field that forbids it. */
const choice = (inWords: boolean) => (inWords ? { tool_choice: 'none' } : {})

function byMessages(url: string | URL, request: ChatRequest, tools: Tools): ToolConversation {
  let messages: ChatMessage[] = request.messages
  const definitions = definitionsOf(tools).map(({ type, ...definition }) => ({ type, function: definition }))
  return {
    ask: (inWords, options) =>
      openStream(url, { ...request, messages, tools: definitions, ...choice(inWords) }, options),
    answered({ content, calls }, results) {
      messages = [
        ...messages,
        {
          role: 'assistant',
          content: content === '' ? null : content,
          tool_calls: calls.map(({ id, name, arguments: json }) => ({
            id,
            type: 'function',
            function: { name, arguments: json },
          })),
        },
        ...results.map(({ id, content }) => ({ role: 'tool' as const, tool_call_id: id, content })),
      ]
    },
  }
}

function byItems(url: string | URL, request: ResponseRequest, tools: Tools): ToolConversation {
  let asked = request
  const definitions = definitionsOf(tools)
  return {
    ask: (inWords, options) =>
      openResponse(url, { ...asked, tools: definitions, ...choice(inWords) }, options),
    answered({ id, content, calls }, results) {
      const outputs = results.map(({ id, content }) => ({
        type: 'function_call_output',
        call_id: id,
        output: content,
      }))
      // A stored answer has its reasoning, too, which some models need to go on from their calls.
      if (asked.store !== false && id !== undefined) {
        asked = { ...asked, previous_response_id: id, input: outputs }
        return
      }
      const said = content === '' ? [] : [{ role: 'assistant', content }]
      const called = calls.map(({ id, name, arguments: json }) => ({
        type: 'function_call',
        call_id: id,
        name,
        arguments: json,
      }))
      asked = { ...asked, input: [...itemsOf(asked.input), ...said, ...called, ...outputs] }
    },
  }
}

const itemsOf = (input: unknown): unknown[] =>
  Array.isArray(input) ? input : [{ role: 'user', content: input }]

/** In the Responses API's form. */
function definitionsOf(tools: Tools) {
  return Object.entries(tools).map(([name, { description, parameters, strict }]) => ({
    type: 'function' as const,
    name,
    ...(description !== undefined && { description }),
    parameters: parameters ?? { type: 'object', properties: {} },
    ...(strict !== undefined && { strict }),
  }))
}
