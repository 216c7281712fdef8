/** Opens the stream of a question that is pending: follows it if it is named, else asks. */
import { type ChatStream, readStream, type StreamOptions } from '../../stream/read-stream.ts'
import { CHAT_COMPLETIONS } from '../../stream/stream-format.ts'
import { knownStream, newStream, type StreamSource } from '../../stream/stream-source.ts'
import { loadResponses } from '../responses/load-part.ts'
import { loadSuggestions } from '../suggestions/load-part.ts'
import type { Api } from './api-choice.ts'
import type { Pending, toMessages } from './conversation.ts'

/** How the Worker is asked. */
export interface Asking {
  /** The Worker's address, up to and with `/v1`. */
  base: string
  /** What its health says that it can do for a page. */
  api(): Promise<Api>
}

/** The format of a stream whose id begins like this is the Responses API. */
const RESPONSE = /^resp_/

/** @param messages called if the question is still to be sent */
export function openAnswer(
  { base, api }: Asking,
  pending: Pending,
  messages: () => Promise<ReturnType<typeof toMessages>>,
  options: Pick<StreamOptions, 'fetch' | 'ready' | 'signal' | 'onConnection'>,
): ChatStream {
  const { id, key, model } = pending
  const chosen = model === undefined ? {} : { model }

  async function load(): Promise<StreamSource> {
    const { responses, suggestions } = id === undefined ? await api() : await partsOf(id, pending)
    const [format, url] = responses
      ? [responses.RESPONSES, `${base}/responses`]
      : [CHAT_COMPLETIONS, `${base}/streams`]
    const read = suggestions?.withSuggestions(format) ?? format
    if (id !== undefined) return knownStream(read, url, id, options)
    if (suggestions) pending.suggests = true
    const suggests = suggestions && { include_suggestions: true }
    const said = await messages()
    const question = responses
      ? // The conversation is kept in the browser: the server needs it no longer than its stream.
        {
          input: responses.toInput(said),
          store: false,
          stream_options: { include_timing: true, ...suggests },
        }
      : { messages: said, stream_options: { include_usage: true, ...suggests } }
    return newStream(read, url, { ...question, ...chosen }, key, options)
  }

  return readStream(laterSource(id, load), 0, options)
}

async function partsOf(id: string, { suggests }: Pending): Promise<Api> {
  const [responses, suggestions] = await Promise.all([
    RESPONSE.test(id) ? loadResponses() : undefined,
    suggests && loadSuggestions(),
  ])
  return { responses, suggestions }
}

/** A source whose format is known once its first connection is made. */
function laterSource(id: string | undefined, load: () => Promise<StreamSource>): StreamSource {
  let source: StreamSource | undefined
  return {
    get id() {
      return source?.id ?? id
    },
    async connect(after, signal) {
      source ??= await load()
      signal.throwIfAborted()
      return source.connect(after, signal)
    },
    read: (event) => source?.read(event) ?? { kind: 'ignored' },
    async stop(environment) {
      if (id !== undefined) source ??= await load()
      return source?.stop(environment) ?? false
    },
  }
}
