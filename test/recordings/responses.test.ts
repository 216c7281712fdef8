/** Recorded refusals and edge cases, as the upstream's response to an unstreamed request. */
import { describe, expect, test } from 'vitest'
import type { ErrorEnvelope } from '../../worker/protocol/wire.ts'
import { ask } from '../support/caller.ts'
import { useHouse } from '../support/house.ts'
import { json } from '../support/scripts.ts'
import { recordedLines } from './folder.ts'

interface Recorded {
  source: string
  request: Record<string, unknown>
  status: number
  headers: Record<string, string>
  body: { error?: { message: string; type?: string | null; param?: string | null; code?: unknown } }
}

const house = useHouse()

const responses = recordedLines<Recorded>('http-responses.jsonl')
const title = ({ status, body, source }: Recorded, i: number): [string, Recorded] => [
  `${i}: ${status} ${body.error?.message.slice(0, 40) ?? 'an answer'} (${source.split('/').at(-1)})`,
  responses[i] as Recorded,
]

/** Headers that belong to the connection it was recorded from, or to its encoding. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'content-encoding', 'transfer-encoding', 'date']

/** Addresses are not passed on, so they don't count. */
const withoutAddresses = (text: string) => text.replace(/(https?:\/\/|\[…\])\S*/g, '·')

describe.each(responses.map(title))('%s', (_, { request, status, headers, body }) => {
  const play = () => {
    const kept = Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))
    const script = json(body, { status, headers: Object.fromEntries(kept) })
    house.upstream.next(script, script, script)
  }

  if (body.error === undefined) {
    test('is an answer, and passes as it is', async () => {
      play()
      const response = await ask(house.url, request)
      expect(response.status).toBe(status)
      expect(await response.text()).toBe(JSON.stringify(body))
    })
  } else {
    const { error } = body
    test('is an error, with its words', async () => {
      play()
      const response = await ask(house.url, request)
      expect(response.ok).toBe(false)
      // An error that came with status 200 has no status to pass on.
      if (status >= 400) expect(response.status).toBe(status)
      const { error: received } = (await response.json()) as ErrorEnvelope
      expect(withoutAddresses(received.message)).toBe(withoutAddresses(error.message))
      expect(received.param).toBe(error.param ?? null)
      expect(received.code).toBe(error.code == null ? null : String(error.code))
      expect(Object.keys(received).sort()).toEqual(['code', 'message', 'param', 'type'])
    })
  }

  test('passes the headers that callers act on, and no other', async () => {
    play()
    const received = Object.fromEntries((await ask(house.url, request)).headers)
    for (const [name, value] of Object.entries(headers)) {
      if (/^(x-ratelimit-.*|x-request-id|retry-after.*|x-should-retry)$/.test(name))
        expect(received[name]).toBe(value)
      else if (/^(openai-|x-ms-|apim-|azureml-|cf-|x-openai-|server$|alt-svc$|strict-)/.test(name)) {
        expect(received[name], name).not.toBe(value)
      }
    }
  })
})
