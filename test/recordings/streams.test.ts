/** Each recorded stream through the relay, `/chat` and OpenAI's client, at every chunking. */
import OpenAI, { APIError } from 'openai'
import { describe, expect, test } from 'vitest'
import { askStream, chat, receive } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { bytes } from '../support/scripts.ts'
import { recordedStreams } from './folder.ts'

const house = useHouse()

const streams = recordedStreams()
const SIZES: [string, number][] = [
  ['byte by byte', 1],
  ['7 bytes at a time', 7],
  ['whole', Number.POSITIVE_INFINITY],
]

interface Event {
  choices?: { index: number; delta?: { content?: string | null; refusal?: string | null } }[]
  error?: object
}

/** The events of a recording, read without any of the Worker's code: each has one line of data. */
function eventsOf(stream: Buffer): Event[] {
  return stream
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Event)
}

/** The chunks that OpenAI's client yields, and what it throws. */
async function readWithSdk(baseURL: string): Promise<{ chunks: unknown[]; thrown: unknown }> {
  const openai = new OpenAI({ baseURL, apiKey: 'anything', maxRetries: 0, logLevel: 'off' })
  const messages = [{ role: 'user' as const, content: 'Say hello.' }]
  const chunks: unknown[] = []
  try {
    for await (const chunk of await openai.chat.completions.create({
      model: 'gpt-test',
      messages,
      stream: true,
    })) {
      chunks.push(chunk)
    }
  } catch (error) {
    if (!(error instanceof APIError)) throw error
    const { name, message, code, type, param, error: body } = error
    return { chunks, thrown: { name, message, code, type, param, body } }
  }
  return { chunks, thrown: undefined }
}

test('there are recordings, and they are not empty', () => {
  expect(streams.length).toBeGreaterThan(0)
  for (const [name, stream] of streams) expect(eventsOf(stream).length, name).toBeGreaterThan(1)
})

describe.each(SIZES)('%s', (_, size) => {
  describe.each(streams)('%s', (_, stream) => {
    const play = () => house.upstream.next(bytes(stream, Math.min(size, stream.length)))

    test('is relayed byte for byte', async () => {
      play()
      const response = await askStream(house.url)
      expect(response.status).toBe(200)
      const relayed = Buffer.from(await response.arrayBuffer())
      expect(relayed.toString()).toBe(stream.toString())
      expect(relayed.equals(stream)).toBe(true)
    })

    test('is the right text at /chat', async () => {
      const events = eventsOf(stream)
      const text = events
        .flatMap(({ choices }) => choices ?? [])
        .filter(({ index }) => index === 0)
        .map(({ delta }) => (delta?.content ?? '') + (delta?.refusal ?? ''))
        .join('')
      const fails = events.some(({ error }) => error !== undefined)
      play()
      const response = await chat(house.url)
      const received = await receive(response)
      if (response.ok) expect(received.text).toBe(text)
      // A failure before the first word may still be a status; after it, the body breaks off.
      expect(!response.ok || received.error !== undefined).toBe(fails)
      expect(response.ok || text === '').toBe(true)
    })

    test('gives OpenAI’s client what it gives without the Worker', async () => {
      play()
      const direct = await readWithSdk(`${house.upstream.url}/v1`)
      play()
      const through = await readWithSdk(`${house.url}/v1`)
      expect(through).toEqual(direct)
      expect(direct.chunks.length).toBeGreaterThan(0)
    })
  })
})
