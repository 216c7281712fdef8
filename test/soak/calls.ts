/** The kinds of calls of the soak. Each checks its whole answer, and throws if it is another. */
import { setTimeout } from 'node:timers/promises'
import { ask, askStream, chat, dataOf } from '../support/caller.ts'
import { openStream, type Sent, usageOf, visit } from '../support/gate.ts'
import { questionOf, wordsOf } from './answers.ts'
import { CALLER, MODERATIONS } from './same-calls.ts'

interface Calling {
  url: string
  /** The call's number. */
  call: number
  /** Of the caller's key, if it has one. */
  headers: Sent
}
export type Kind = (calling: Calling) => Promise<void>

const messagesOf = (call: number, flagged = false) => ({
  messages: [{ role: 'user', content: questionOf(call, flagged) }],
})

const relayed: Kind = async ({ url, call, headers }) =>
  expectChat(call, await textOf(askStream(url, messagesOf(call), { headers })))

const unstreamed: Kind = async ({ url, call, headers }) => {
  const fields = { model: 'gpt-test', ...messagesOf(call) }
  const { choices } = JSON.parse(await textOf(ask(url, fields, { headers })))
  expectWords(call, choices[0].message.content)
}

const plain: Kind = async ({ url, call, headers }) =>
  // The answer ends with a line of its own.
  expectWords(call, (await textOf(chat(url, questionOf(call), { headers }))).trimEnd().concat('\n'))

/** The caller leaves in the middle of its answer. */
const left: Kind = async ({ url, call, headers }) => {
  await readFor(await ok(askStream(url, messagesOf(call), { headers })), 200)
}

const durable: Kind = async ({ url, call, headers }) =>
  expectChat(call, await followChat(url, await ok(openStream(url, messagesOf(call), { headers })), headers))

/** The reader stays connected, but reads nothing for a while and then leaves; the answer is stopped. */
const stalled: Kind = async ({ url, call, headers }) => {
  const response = await ok(openStream(url, messagesOf(call), { headers }))
  const reader = response.body?.getReader()
  await reader?.read()
  await setTimeout(5000)
  await reader?.cancel()
  const id = response.headers.get('stream-id')
  const stopped = await fetch(`${url}/v1/streams/${id}`, { method: 'DELETE', headers })
  if (stopped.status !== 204) throw new Error(`Not stopped: ${stopped.status}`)
}

const openResponse = (url: string, call: number, headers: Sent, fields: object = {}) =>
  ok(
    fetch(`${url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'gpt-test', input: questionOf(call), stream: true, ...fields }),
    }),
  )

const relayedResponse: Kind = async ({ url, call, headers }) =>
  expectResponse(call, await (await openResponse(url, call, headers, { store: false })).text())

/** It is kept for 30 days, so each second one is deleted. */
const durableResponse: Kind = async ({ url, call, headers }) => {
  const response = await openResponse(url, call, headers, { background: true })
  const id = response.headers.get('stream-id')
  expectResponse(call, await followResponse(url, response, headers))
  if (call % 2 === 0) await ok(fetch(`${url}/v1/responses/${id}`, { method: 'DELETE', headers }))
}

/** Each visitor is another one, with objects of its own. */
const visitor: Kind = async ({ url, call }) => {
  const headers = await visit(url)
  await ok(fetch(`${url}/v1/streams`, { headers }))
  expectChat(call, await followChat(url, await ok(openStream(url, messagesOf(call), { headers })), headers))
  const { calls } = await usageOf(url, headers)
  if (calls.running !== 0) throw new Error(`${calls.running} calls of a visitor run without end`)
}

const visitorsResponse: Kind = async ({ url, call }) => {
  const headers = await visit(url)
  expectResponse(call, await followResponse(url, await openResponse(url, call, headers), headers))
}

const flagged: Kind = async ({ url, call, headers }) => {
  const text = await textOf(openStream(url, messagesOf(call, true), { headers }))
  if (!text.includes('"state":"moderated"')) throw new Error(`Not moderated: …${text.slice(-300)}`)
}

const refused: Kind = async ({ url }) => {
  const response = await askStream(url, {}, { headers: { authorization: 'Bearer nobody' } })
  const text = await response.text()
  if (response.status !== 401) throw new Error(`Not refused: ${response.status} ${text}`)
}

/** Of a Worker that limits and moderates nothing: relayed answers are piped natively. */
export const OPEN = { relayed, unstreamed, plain, left, durable, stalled, relayedResponse, durableResponse }

/** Of a Worker with budgets, moderation and visitors. */
export const GUARDED = { ...OPEN, visitor, visitorsResponse, flagged, refused }

/** The kinds of calls of which each is another caller's. */
const NEW_CALLERS = ['visitor', 'visitorsResponse'] satisfies (keyof typeof GUARDED)[]

/**
 * A call for each of `GUARDED`, for a Worker that does nothing with it but what costs workerd memory: as many
 * callers, each an object, and as many calls to the moderation.
 */
export function sameCallsAs(guarded: { readonly moderations: number }): Record<string, Kind> {
  let moderations = 0
  const kindOf =
    (name: string): Kind =>
    async ({ url, call }) => {
      const isNew = NEW_CALLERS.some((kind) => kind === name)
      const due = Math.max(0, guarded.moderations - moderations)
      moderations += due
      const headers = { [CALLER]: isNew ? `visitor ${call}` : 'key', [MODERATIONS]: String(due) }
      expectChat(call, await textOf(askStream(url, messagesOf(call), { headers })))
    }
  return Object.fromEntries(Object.keys(GUARDED).map((name) => [name, kindOf(name)]))
}

async function ok(asked: Promise<Response>): Promise<Response> {
  const response = await asked
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response
}

const textOf = async (asked: Promise<Response>): Promise<string> => (await ok(asked)).text()

/** Reads over several connections, with longer absences now and then. */
const followChat = (url: string, response: Response, headers: Sent) =>
  follow(response, /data: \[DONE\]/, (id, text) => {
    const last = /.*\bid: (\d+)\n/s.exec(text)?.[1] ?? '0'
    return fetch(`${url}/v1/streams/${id}`, { headers: { ...headers, 'last-event-id': last } })
  })

const followResponse = (url: string, response: Response, headers: Sent) =>
  follow(response, /"type":"response\.(?:completed|incomplete|failed)"/, (id, text) => {
    const last = /.*"sequence_number":(\d+)/s.exec(text)?.[1]
    const after = last === undefined ? '' : `&starting_after=${last}`
    return fetch(`${url}/v1/responses/${id}?stream=true${after}`, { headers })
  })

async function follow(
  opened: Response,
  last: RegExp,
  resume: (id: string, text: string) => Promise<Response>,
): Promise<string> {
  const id = opened.headers.get('stream-id') ?? ''
  let text = await readFor(opened, patience())
  while (!last.test(text)) {
    await setTimeout(Math.random() < 0.2 ? Math.random() * 5000 : 50)
    text += await readFor(await ok(resume(id, text)), patience())
  }
  return text
}

const patience = () => (Math.random() < 0.3 ? Number.POSITIVE_INFINITY : Math.random() * 6000)

/** Reads to the end, or for a while. @returns the whole events that came */
async function readFor(response: Response, ms: number): Promise<string> {
  const until = performance.now() + ms
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    if (performance.now() >= until) break
  }
  return text.slice(0, text.lastIndexOf('\n\n') + 2)
}

function expectChat(call: number, sse: string): void {
  const data = dataOf(sse)
  if (data.at(-1) !== '[DONE]') throw new Error(`It ends otherwise: …${sse.slice(-300)}`)
  const chunks = data.slice(0, -1).map((each) => JSON.parse(each))
  expectWords(call, chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''))
}

function expectResponse(call: number, sse: string): void {
  const events = dataOf(sse).map((each) => JSON.parse(each))
  if (events.at(-1)?.type !== 'response.completed') throw new Error(`It ends otherwise: …${sse.slice(-300)}`)
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
  expectWords(call, deltas.map(({ delta }) => delta).join(''))
}

function expectWords(call: number, text: string): void {
  const words = wordsOf(call).join('')
  if (text === words) return
  const at = [...words].findIndex((char, i) => char !== text[i])
  throw new Error(
    `${text.length} of ${words.length} characters, other from ${at} on: ${text.slice(at, at + 80)}`,
  )
}
