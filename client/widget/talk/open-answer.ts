/** Opens the stream of a question that is pending: follows it if it is named, else asks. */
import { type ChatStream, readStream, type StreamOptions } from '../../stream/read-stream.ts'
import { CHAT_COMPLETIONS } from '../../stream/stream-format.ts'
import { knownStream, newStream, type StreamSource } from '../../stream/stream-source.ts'
import { loadResponses, type ResponsesPart } from '../responses/load-part.ts'
import type { Pending, toMessages } from './conversation.ts'

/** How the Worker is asked. */
export interface Asking {
  /** The Worker's address, up to and with `/v1`. */
  base: string
  /** The part that asks by the Responses API, if that is the API to ask by. */
  api(): Promise<ResponsesPart | undefined>
}

/** The format of a stream whose id begins like this is the Responses API. */
const RESPONSE = /^resp_/

export function openAnswer(
  { base, api }: Asking,
  { id, key, model }: Pending,
  messages: ReturnType<typeof toMessages>,
  options: Pick<StreamOptions, 'fetch' | 'ready' | 'signal' | 'onConnection'>,
): ChatStream {
  const chosen = model === undefined ? {} : { model }

  async function load(): Promise<StreamSource> {
    const part = id === undefined ? await api() : RESPONSE.test(id) ? await loadResponses() : undefined
    const [format, url] = part ? [part.RESPONSES, `${base}/responses`] : [CHAT_COMPLETIONS, `${base}/streams`]
    if (id !== undefined) return knownStream(format, url, id, options)
    const question = part
      ? // The conversation is kept in the browser: the server needs it no longer than its stream.
        { input: part.toInput(messages), store: false, stream_options: { include_timing: true } }
      : { messages, stream_options: { include_usage: true } }
    return newStream(format, url, { ...question, ...chosen }, key, options)
  }

  return readStream(laterSource(id, load), 0, options)
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
