/** Abort and early leave, over real HTTP: what counts is that the connection closes. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openChat } from '../../client/stream/open-chat.ts'
import { openStream } from '../../client/stream/open-stream.ts'
import { event } from './bodies.ts'

const QUESTION = { messages: [{ role: 'user' as const, content: 'Why?' }] }
const servers: ReturnType<typeof createServer>[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections()
})

/** @returns the address, and a promise that resolves when a caller has gone away */
async function serve(answer: RequestListener): Promise<{ url: string; left: Promise<void> }> {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    response.once('close', resolve)
    return answer(request, response)
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, left }
}

const twoDeltasAndSilence: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(event('a') + event('b'))
}

test('an abort while waiting for the next chunk throws the reason and closes the connection', async () => {
  const { url, left } = await serve(twoDeltasAndSilence)
  const abort = new AbortController()
  const chunks = openChat(url, QUESTION, { signal: abort.signal })
  await chunks.next()
  await chunks.next()
  const waiting = chunks.next()
  abort.abort()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  expect(await chunks.next()).toEqual({ done: true, value: undefined })
  await left
})

test('after an abort no chunk is given any more, not even one that had arrived', async () => {
  const { url, left } = await serve(twoDeltasAndSilence)
  const abort = new AbortController()
  const chunks = openChat(url, QUESTION, { signal: abort.signal })
  await chunks.next()
  const reason = new Error('enough')
  abort.abort(reason)
  await expect(chunks.next()).rejects.toBe(reason)
  await left
})

test('an abort before the first byte', async () => {
  const asked = Promise.withResolvers<void>()
  const { url, left } = await serve(() => asked.resolve())
  const abort = new AbortController()
  const first = openChat(url, QUESTION, { signal: abort.signal }).next()
  await asked.promise
  abort.abort()
  await expect(first).rejects.toMatchObject({ name: 'AbortError' })
  await left
})

test.each(['leaving it', 'an abort'])(
  'of a durable stream, %s closes the connection and asks for nothing',
  async (how) => {
    const methods: (string | undefined)[] = []
    const { url, left } = await serve((request, response) => {
      methods.push(request.method)
      response.writeHead(201, { 'content-type': 'text/event-stream', 'stream-id': 'str_1' })
      response.write(`id: 1\n${event('a')}`)
    })
    const abort = new AbortController()
    const chunks = openStream(url, QUESTION, { signal: abort.signal })[Symbol.asyncIterator]()
    expect((await chunks.next()).value).toMatchObject({ choices: [{ delta: { content: 'a' } }] })
    if (how === 'an abort') {
      const waiting = chunks.next()
      abort.abort()
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    } else {
      await chunks.return?.()
    }
    await left
    expect(methods).toEqual(['POST'])
  },
)
