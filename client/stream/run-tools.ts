/**
 * Answers a question with tools of the caller's own: asks, runs the tools that the model calls, tells it
 * their results, and asks again until it answers in words. One async iterable has the chunks of all these
 * rounds.
 */
import type { ChatRequest } from '../../worker/formats/chat-completions/wire.ts'
import type { Usage } from '../../worker/protocol/wire.ts'
import { clientError } from './chat-error.ts'
import type { ResponseRequest } from './open-response.ts'
import { newKey, type OpenOptions } from './open-stream.ts'
import type { ChatStream } from './read-stream.ts'
import type { AnswerChunk } from './stream-format.ts'
import { collectCalls, type ToolCall } from './tool-calls.ts'
import { type Asked, conversationOf, type ToolResult } from './tool-conversation.ts'
import { unlessAborted } from './unless-aborted.ts'

/** A function that the model may call. */
export interface Tool<Arguments = never> {
  /** What it does and when to use it, for the model. */
  description?: string
  /** The JSON Schema of its arguments, which are an object; none by default. */
  parameters?: Readonly<Record<string, unknown>>
  /** Has the upstream hold the model to the schema. */
  strict?: boolean
  /**
   * @param args as the model gave them: parsed, and not checked against the schema
   * @returns a text, or anything that JSON can write. An error is told to the model in place of a result
   */
  run(args: Arguments, context: ToolContext): unknown
}

export interface ToolContext {
  /** The call's id. */
  id: string
  /** Aborted when the reader's own signal is, or `stop` was called: the result is of no more use. */
  signal: AbortSignal
}

/** By the names that the model calls them by. */
// biome-ignore lint/suspicious/noExplicitAny: each tool names the arguments that it takes
export type Tools = Readonly<Record<string, Tool<any>>>

export interface ToolOptions extends Omit<OpenOptions, 'signal'> {
  /** It ends the reading and the tools. */
  signal?: AbortSignal
  /**
   * How often the model is asked, at most: 8 by default. In the last round it may call no tool, so that it
   * answers with what it has.
   */
  maxRounds?: number
  /** Called when a tool has ended, with what the model is told. */
  onResult?(result: ToolResult): void
}

export interface ToolChunk extends AnswerChunk {
  /** The round that this chunk is of: 1 for the first. */
  round: number
  /** Where a round tells it: the tokens of all rounds so far. */
  usage?: Usage | null
}

export interface ToolRun extends AsyncIterable<ToolChunk, void, void> {
  /** Stops the answer of this round for all its readers, and asks no more. */
  stop(): Promise<void>
}

const MAX_ROUNDS = 8

/**
 * @param url the Worker's `/v1/streams` for a request with `messages`, `/v1/responses` for one with `input`
 * @throws {TypeError} at once, if the request has neither, or tools of its own
 * @throws {ChatError} as `openStream` does, of each round; `too_many_rounds`
 * @example
 *   const tools = {
 *     get_time: { description: 'The time now', run: () => new Date().toISOString() },
 *   }
 *   for await (const chunk of runTools('/v1/streams', { messages }, tools)) {
 *     output.append(chunk.choices[0]?.delta.content ?? '')
 *   }
 */
export function runTools(
  url: string | URL,
  request: Omit<ChatRequest, 'stream'> | Omit<ResponseRequest, 'stream' | 'background'>,
  tools: Tools,
  { maxRounds = MAX_ROUNDS, onResult, idempotencyKey = newKey(), ...options }: ToolOptions = {},
): ToolRun {
  if (request.tools != null) throw new TypeError('Give the tools to runTools, not in the request.')
  if (!(maxRounds >= 1)) throw new TypeError('maxRounds must be at least 1.')
  const conversation = conversationOf(url, request, tools)
  const stopped = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal
  let current: ChatStream | undefined

  async function* run(): AsyncGenerator<ToolChunk, void, void> {
    let usage: Usage | undefined
    for (let round = 1; ; round++) {
      const isLast = round >= maxRounds
      // A key of its own for each round: the first has the caller's, so asking again finds the same answers.
      const key = round === 1 ? idempotencyKey : `${idempotencyKey}-${round}`
      const stream = conversation.ask(isLast, { ...options, idempotencyKey: key })
      current = stream
      const calls = collectCalls()
      const before = usage
      for await (const chunk of stream) {
        calls.see(chunk)
        if (chunk.usage) usage = sumOf(before, chunk.usage)
        yield { ...chunk, ...(usage && chunk.usage && { usage }), round }
      }
      const called = calls.whole()
      if (called.length === 0 || stopped.signal.aborted) return
      if (isLast) {
        throw clientError('too_many_rounds', `The model still calls tools after ${maxRounds} rounds.`)
      }
      const results = await resultsOf(called)
      if (results === undefined) return
      const asked: Asked = { id: stream.id, content: calls.content, calls: called }
      conversation.answered(asked, results)
    }
  }

  /** @returns `undefined` if the run was stopped */
  async function resultsOf(calls: readonly ToolCall[]): Promise<ToolResult[] | undefined> {
    try {
      return await unlessAborted(Promise.all(calls.map(resultOf)), signal)
    } catch (error) {
      if (stopped.signal.aborted) return undefined
      throw error
    }
  }

  async function resultOf(call: ToolCall): Promise<ToolResult> {
    const result = { ...call, ...(await runTool(tools, call, signal)) }
    onResult?.(result)
    return result
  }

  const chunks = run()
  return {
    [Symbol.asyncIterator]: () => chunks,
    async stop() {
      stopped.abort(new DOMException('The run of tools was stopped.', 'AbortError'))
      await current?.stop()
    },
  }
}

/** An error is a result, too: the model can correct its call, or answer without it. */
async function runTool(
  tools: Tools,
  { id, name, arguments: json }: ToolCall,
  signal: AbortSignal,
): Promise<{ content: string; isError: boolean }> {
  try {
    // Own names only: every object inherits a `constructor`.
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
    if (!tool) throw new Error(`There is no tool ${JSON.stringify(name)}.`)
    const result: unknown = await tool.run(parseArguments(json) as never, { id, signal })
    return { content: textOf(result), isError: false }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { content: JSON.stringify({ error: message }), isError: true }
  }
}

/** A model that calls a tool without arguments may write nothing. */
function parseArguments(json: string): unknown {
  if (json.trim() === '') return {}
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new Error(`The arguments are not JSON: ${String(cause)}`, { cause })
  }
}

/** JSON has no text for `undefined`, which a tool without a result returns. */
const textOf = (result: unknown): string =>
  typeof result === 'string' ? result : (JSON.stringify(result) ?? 'null')

/** Adds up each number, also those of details. What is no number is the later one's. */
function sumOf(before: Usage | undefined, now: Usage): Usage {
  return added(before, now) as Usage
}

function added(one: unknown, other: unknown): unknown {
  if (typeof other === 'number') return (typeof one === 'number' ? one : 0) + other
  if (typeof other !== 'object' || other === null) return other ?? one
  const before = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : {}
  const entries = Object.entries(other).map(([name, value]) => [name, added(before[name], value)])
  return { ...before, ...Object.fromEntries(entries) }
}
