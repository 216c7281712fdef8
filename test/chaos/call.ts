/** A planned call, made: its question is asked, and its answer followed to its end, however often it breaks. */
import { setTimeout } from 'node:timers/promises'
import OpenAI from 'openai'
import { ask, type Seen } from './ask.ts'
import { type EventBlock, eventsIn, hasEnd } from './events.ts'
import type { PlannedCall } from './plan.ts'
import type { Pulse } from './pulse.ts'
import { OUTPUT_BOUND } from './upstreams.ts'

export interface Asker {
  /** `key:…` or `visitor`, for reports. */
  name: string
  isVisitor: boolean
  headers: Record<string, string>
}

/** What the caller has seen, in the end. */
export interface Outcome {
  call: PlannedCall
  asker: Asker
  isKept: boolean
  /** Times are `performance.now()`. */
  askedAt: number
  endedAt: number
  /** The answer; of a kept one that was read by several requests, the first that had a status. */
  seen: Seen
  /** A kept answer's events, each once, as its reader got them. */
  events: EventBlock[]
  /** The kept answer's id. */
  id: string | undefined
  /** How often the reader came back. */
  returns: number
  /** The code of the refusal that ended the reading. */
  refusedLater: string | undefined
  /** What is wrong already: the checks come later. */
  wrong: string[]
}

export interface Ways {
  /** The Worker's, by its faulty network. */
  url: string
  pulse: Pick<Pulse, 'patience'>
}

/** Nothing hangs: longer than the longest deadline of the Worker. */
const PATIENCE_MS = 20_000
/** How long a caller waits on a connection that may be dead. */
const SILENCE_MS = 3_000
const RETRY_MS = 150

export async function makeCall(call: PlannedCall, asker: Asker, ways: Ways): Promise<Outcome> {
  const askedAt = performance.now()
  const patience = ways.pulse.patience(PATIENCE_MS)
  const isKept = call.route.isKept(asker.isVisitor)
  const headers = {
    'content-type': 'application/json',
    'x-chaos': call.name,
    ...asker.headers,
    ...(isKept && { 'idempotency-key': call.name }),
  }
  const question = {
    url: `${ways.url}${call.route.path}`,
    headers,
    body: JSON.stringify(questionOf(call, asker)),
    patience,
  }
  const first =
    call.near?.kind === 'silence' ? AbortSignal.any([patience, ways.pulse.patience(SILENCE_MS)]) : patience
  const made = isKept
    ? await follow(call, question, first, ways)
    : {
        seen: await ask({ ...question, ...readingOf(call), patience: first }),
        events: [],
        id: undefined,
        returns: 0,
        wrong: [],
        refusedLater: undefined,
      }
  return { call, asker, isKept, askedAt, endedAt: performance.now(), ...made }
}

export const questionText = ({ name }: PlannedCall) => `${name}: what is chaos?`

function questionOf(call: PlannedCall, { isVisitor }: Asker): object {
  const { name, route } = call
  const text = questionText(call)
  // A visitor may not name a model that is not on offer.
  const model = isVisitor ? {} : { model: name }
  return route.format === 'responses'
    ? { ...model, input: text, max_output_tokens: OUTPUT_BOUND, ...route.fields }
    : { ...model, messages: [{ role: 'user', content: text }], max_tokens: OUTPUT_BOUND, ...route.fields }
}

/** How a caller reads one connection. */
function readingOf({ reader }: PlannedCall) {
  let hasStalled = false
  return {
    onBytes(_: Buffer, soFar: number): Promise<void> | 'leave' | undefined {
      if (!('after' in reader) || soFar < reader.after) return undefined
      if (reader.kind === 'leaves' || reader.kind === 'comes back') return 'leave'
      if (reader.kind !== 'stalls' || hasStalled) return undefined
      hasStalled = true
      return setTimeout(reader.ms)
    },
  }
}

type Question = Parameters<typeof ask>[0]
type Followed = Pick<Outcome, 'seen' | 'events' | 'id' | 'returns' | 'wrong' | 'refusedLater'>

/** Opens a kept answer, and reads it to its end. */
async function follow(
  call: PlannedCall,
  question: Question,
  first: AbortSignal,
  ways: Ways,
): Promise<Followed> {
  const { patience } = question
  if (call.reader.kind === 'asks twice') void ask({ ...question })
  let seen = await ask({ ...question, ...readingOf(call), patience: first })
  while (!patience.aborted && isWorthAsking(seen)) {
    await setTimeout(RETRY_MS)
    // A reader that left a refusal reads it whole this time.
    seen = await ask({ ...question, ...(isRefusal(seen) ? {} : readingOf(call)) })
  }
  const { status = 0 } = seen
  const id = seen.headers['stream-id'] ?? idIn(seen)
  if (status >= 300 || id === undefined)
    return { seen, events: [], id: undefined, returns: 0, wrong: [], refusedLater: undefined }
  const isStream = seen.headers['content-type']?.startsWith('text/event-stream') ?? false
  const reader: KeptReader = {
    call,
    id,
    question,
    ways,
    events: isStream ? eventsIn(seen.body.toString()) : [],
  }
  if (call.reader.kind === 'stops it') await stop(reader)
  const wrong: string[] = []
  const returns =
    call.reader.kind === 'uses the SDK' ? await readBySdk(reader, wrong) : await readOn(reader, seen, wrong)
  return { seen, events: reader.events, id, returns, wrong, refusedLater: reader.refused }
}

const inShort = ({ status, how, body }: Seen) => `${status}, ${how}, ${body.toString().slice(0, 200)}`

/** The code of a refusal. */
function codeIn({ body }: Seen): string | undefined {
  return /"code":"(\w+)"/.exec(body.toString())?.[1]
}

const isRefusal = ({ status = 0 }: Seen) => status >= 300

/** Of a response that is polled. */
function idIn({ body }: Seen): string | undefined {
  try {
    return (JSON.parse(body.toString()) as { id?: string }).id
  } catch {
    return undefined
  }
}

/** Whether the question itself was not answered: the same key finds what it has begun. */
function isWorthAsking(seen: Seen): boolean {
  const { status, how, body, headers } = seen
  if (status === undefined) return true
  // Cut off before its id, or inside a refusal.
  if (how !== 'whole') return isRefusal(seen) || (headers['stream-id'] ?? idIn(seen)) === undefined
  return status === 503 && body.toString().includes('"object_unavailable"')
}

interface KeptReader {
  call: PlannedCall
  id: string
  question: Question
  ways: Ways
  events: EventBlock[]
  /** The code of the refusal of a request for more. */
  refused?: string
}

const pathOf = ({ call, id }: KeptReader) =>
  call.route.format === 'responses' ? `/v1/responses/${id}?stream=true` : `/v1/streams/${id}`

async function stop({ call, id, question, ways }: KeptReader): Promise<void> {
  const isResponse = call.route.format === 'responses'
  const url = `${ways.url}${isResponse ? `/v1/responses/${id}/cancel` : `/v1/streams/${id}`}`
  const { headers, patience } = question
  let seen: Seen
  do {
    seen = await ask({ url, method: isResponse ? 'POST' : 'DELETE', headers, patience })
    if (seen.status === undefined || seen.status === 503) await setTimeout(RETRY_MS)
  } while ((seen.status === undefined || seen.status === 503) && !patience.aborted)
}

/** Comes back for the rest until the end is there. @returns how often */
async function readOn(reader: KeptReader, opened: Seen, wrong: string[]): Promise<number> {
  const { call, question, ways, events } = reader
  let { how } = opened
  let left = call.reader.kind === 'comes back' ? call.reader.times - 1 : 0
  let returns = 0
  while (!hasEnd(events) && !question.patience.aborted) {
    // A connection that ends well ends at the answer's end.
    if (how === 'whole' && returns === 0 && events.length > 0) {
      wrong.push('its first connection ended well before the answer did')
    }
    const last = events.at(-1)?.id
    const seen = await ask({
      url: `${ways.url}${pathOf(reader)}`,
      method: 'GET',
      headers: { ...question.headers, ...(last !== undefined && { 'last-event-id': String(last) }) },
      patience: question.patience,
      ...(left > 0 && readingOf(call)),
    })
    returns++
    left--
    how = seen.how
    const { status } = seen
    if (question.patience.aborted && !hasEnd([...events, ...eventsIn(seen.body.toString())]))
      wrong.push(`its reader waited in vain: returned ${returns} times, the last answer is ${inShort(seen)}`)
    if (status === undefined || status === 503) await setTimeout(RETRY_MS)
    else if (status === 204 || status >= 400) {
      reader.refused = codeIn(seen) ?? `status ${status}`
      break
    } else {
      const more = eventsIn(seen.body.toString())
      events.push(...more)
      if (how === 'whole' && !hasEnd(events)) {
        wrong.push(`a connection from ${last} on ended well before the answer did`)
        break
      }
    }
  }
  return returns
}

/** Reads on with `retrieve(id, { stream, starting_after })` until the end is there. @returns how often */
async function readBySdk(reader: KeptReader, wrong: string[]): Promise<number> {
  const { id, question, ways, events } = reader
  const client = new OpenAI({
    apiKey: 'none',
    baseURL: `${ways.url}/v1`,
    defaultHeaders: question.headers,
    maxRetries: 0,
  })
  let returns = 0
  while (!hasEnd(events) && !question.patience.aborted) {
    const last = events.at(-1)?.id
    returns++
    try {
      const stream = await client.responses.retrieve(
        id,
        { stream: true, ...(last !== undefined && { starting_after: last - 1 }) },
        { signal: question.patience },
      )
      for await (const event of stream) {
        const data = JSON.stringify(event)
        events.push({ id: event.sequence_number + 1, name: event.type, data, text: '' })
      }
    } catch (error) {
      // It throws at the answer's own error: what comes then is read without it.
      if (error instanceof OpenAI.APIError && error.status === undefined && error.code != null) {
        await readOn(reader, { status: 200, headers: {}, body: Buffer.alloc(0), how: 'broken' }, wrong)
        break
      }
      if (error instanceof OpenAI.APIError && error.status !== undefined && error.status !== 503) {
        reader.refused = error.code ?? `status ${error.status}`
        break
      }
      await setTimeout(RETRY_MS)
    }
  }
  return returns
}
