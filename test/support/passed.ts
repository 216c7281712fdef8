/** The endpoints whose answers pass as they come: how each is asked, and what an upstream answers. */
import type { Script } from './script.ts'
import { events, json } from './scripts.ts'

export interface Endpoint {
  readonly name: string
  /** The same below the Worker's address and the upstream's. */
  readonly path: string
  /** The type of a streamed answer's last event; `undefined`: there is no stream. */
  readonly last: string | undefined
  ask(url: string, fields?: Fields, init?: RequestInit): Promise<Response>
  /** A whole answer, as a value. */
  readonly whole: Record<string, unknown>
  /** The events of a streamed one. */
  readonly events: readonly string[]
  /** Tokens put aside where a key has a budget, and the ones that `whole` and `events` say were used. */
  readonly reserved: { prompt: number; output: number }
  readonly used: number
}

/** `undefined` leaves a field out. */
export type Fields = Record<string, unknown>

const named = (value: { type: string } & Record<string, unknown>) =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`

function askJson(path: string, own: Fields): Endpoint['ask'] {
  return (url, fields = {}, init = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body: JSON.stringify({ ...own, ...fields }),
      ...init,
      headers: { 'content-type': 'application/json', ...init.headers },
    })
}

/** A second of sound, at 8 kbit/s. */
export const RECORDING = new Uint8Array(1000).fill(7)

export const recording = (bytes: Uint8Array<ArrayBuffer> = RECORDING) =>
  new File([bytes], 'speech.mp3', { type: 'audio/mpeg' })

function askForm(url: string, fields: Fields = {}, init: RequestInit = {}): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries({ file: recording(), model: 'gpt-4o-transcribe', ...fields })) {
    if (value instanceof File) form.append(name, value)
    else if (value !== undefined) form.append(name, String(value))
  }
  return fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body: form, ...init })
}

const SPOKEN = { type: 'tokens', input_tokens: 11, output_tokens: 4, total_tokens: 15 }
const SPEECH = 'A millrace brings the stream.'
const DRAWN = {
  input_tokens: 6,
  output_tokens: 272,
  total_tokens: 278,
  input_tokens_details: { text_tokens: 6, image_tokens: 0 },
}
export const PICTURE = 'iVBORw0KGgo='

export const EMBEDDINGS: Endpoint = {
  name: 'embeddings',
  path: '/v1/embeddings',
  last: undefined,
  ask: askJson('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Say hello.' }),
  whole: {
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.25, -1, 0.5] }],
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 3, total_tokens: 3 },
  },
  events: [],
  reserved: { prompt: 3, output: 0 },
  used: 3,
}

export const TRANSCRIPTIONS: Endpoint = {
  name: 'transcriptions',
  path: '/v1/audio/transcriptions',
  last: 'transcript.text.done',
  ask: askForm,
  whole: { text: SPEECH, usage: SPOKEN },
  events: [
    ...['A millrace', ' brings', ' the stream.'].map((delta) =>
      named({ type: 'transcript.text.delta', delta }),
    ),
    named({ type: 'transcript.text.done', text: SPEECH, usage: SPOKEN }),
  ],
  reserved: { prompt: 12, output: 12 },
  used: 15,
}

export const IMAGES: Endpoint = {
  name: 'images',
  path: '/v1/images/generations',
  last: 'image_generation.completed',
  ask: askJson('/v1/images/generations', { model: 'gpt-image-1.5', prompt: 'A mill.', quality: 'low' }),
  whole: { created: 1790000000, data: [{ b64_json: PICTURE }], size: '1024x1024', usage: DRAWN },
  events: [
    named({ type: 'image_generation.partial_image', partial_image_index: 0, b64_json: PICTURE }),
    named({ type: 'image_generation.completed', b64_json: PICTURE, usage: DRAWN }),
  ],
  reserved: { prompt: 3, output: 408 },
  used: 278,
}

export const ENDPOINTS: readonly [string, Endpoint][] = [EMBEDDINGS, TRANSCRIPTIONS, IMAGES].map(
  (endpoint) => [endpoint.name, endpoint],
)

/** Each with the field that asks for its way of answering, and the answer. */
export const WAYS: readonly [string, Endpoint, Fields, Script][] = ENDPOINTS.flatMap(([name, endpoint]) => {
  const ways: (typeof WAYS)[number][] = [[`${name}, whole`, endpoint, {}, json(endpoint.whole)]]
  if (endpoint.last !== undefined) {
    ways.push([`${name}, streamed`, endpoint, { stream: true }, events([...endpoint.events])])
  }
  return ways
})
