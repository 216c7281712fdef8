/**
 * The last events of an answer that is ended here. Clients take them for what they are: OpenAI's client
 * throws at `error`, others look for `response.failed`, and an item that doesn't end is never shown by some.
 */
import type { SseEvent } from '../../protocol/event-reader.ts'
import { isRecord } from '../../protocol/json.ts'
import type { WireError } from '../../protocol/wire.ts'
import type { Closing } from '../answer-format.ts'
import { isText, type Snapshot } from './snapshot.ts'
import { responseUsage } from './usage.ts'

type Members = Record<string, unknown>

/** @returns an event with the next sequence number */
export type Number = (type: string, members: Members) => SseEvent

/** @param last the number of the event before */
export function numbering(last: number): Number {
  let sequence_number = last
  return (type, members) => {
    sequence_number += 1
    return { event: type, data: JSON.stringify({ type, sequence_number, ...members }) }
  }
}

/** What `error` has beside its type: its fields nested, as OpenAI sends them, and flat, as its types say. */
export function errorMembers(error: WireError): Members {
  const { message, param, code } = error
  return { code, message, param, error }
}

/** @param response the newest one; its state is replaced */
export function failed(response: Members, error: WireError, more: Members = {}): Members {
  const { message, code } = error
  return {
    response: { ...response, status: 'failed', error: { code: code ?? 'server_error', message } },
    ...more,
  }
}

/** The response of an answer of which none came. */
export function newResponse(id: string | undefined, model: string): Members {
  return {
    id: id ?? `resp_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    usage: null,
  }
}

/** @param unbegun the response, if no event of the answer was shown */
export function closingEvents(
  { state, error, cut, retract, tell, usage, timing }: Closing,
  snapshot: Snapshot,
  unbegun: () => Members,
  number: Number,
): SseEvent[] {
  const begun = snapshot.response()
  const newest = begun ?? unbegun()
  const counted = usage()
  const response = { ...newest, usage: responseUsage(counted.usage) }
  const millrace = {
    state,
    usage_source: counted.source,
    ...(tell !== undefined && timing && { timing }),
    ...(retract && { retract }),
  }
  const events = begun === undefined ? [number('response.created', { response: newest })] : []
  if (error !== undefined) {
    const wire = error.error.envelope().error
    events.push(number('error', errorMembers(wire)))
    const output = endedItems(snapshot)
    return [...events, number('response.failed', failed({ ...response, output }, wire, { millrace }))]
  }
  if (state === 'done') {
    return [
      ...events,
      number('response.completed', { response: { ...response, status: 'completed' }, millrace }),
    ]
  }
  for (const [index, item] of snapshot.open()) events.push(...endOfItem(index, item, snapshot, number))
  const reason = cut && { reason: cut.reason === 'length' ? 'max_output_tokens' : cut.reason }
  const ended = {
    ...response,
    // The name of the event has no word for it, and clients refuse a name that they don't know.
    status: reason === undefined ? 'cancelled' : 'incomplete',
    incomplete_details: reason ?? null,
    output: endedItems(snapshot),
  }
  return [...events, number('response.incomplete', { response: ended, millrace })]
}

/** A call of a tool that is not whole is left out: clients would make it. */
function endedItems(snapshot: Snapshot): unknown[] {
  const open = new Set(snapshot.open().map(([, item]) => item))
  const output = snapshot.response()?.output
  if (!Array.isArray(output)) return []
  return output.flatMap((item) => (!open.has(item) ? [item] : isText(item) ? [incomplete(item)] : []))
}

const incomplete = (item: Members): Members => ({ ...item, status: 'incomplete' })

function endOfItem(output_index: number, item: Members, snapshot: Snapshot, number: Number): SseEvent[] {
  if (!isText(item)) return []
  const events: SseEvent[] = []
  const end = (type: string, index: number, members: Members) => {
    if (!snapshot.has(type, output_index, index)) {
      events.push(number(type, { item_id: item.id, output_index, ...members }))
    }
  }
  for (const [content_index, part] of partsOf(item.content)) {
    const at = { content_index }
    const { text, refusal } = part
    if (part.type === 'output_text')
      end('response.output_text.done', content_index, { ...at, text, logprobs: [] })
    if (part.type === 'reasoning_text') end('response.reasoning_text.done', content_index, { ...at, text })
    if (part.type === 'refusal') end('response.refusal.done', content_index, { ...at, refusal })
    end('response.content_part.done', content_index, { ...at, part })
  }
  for (const [summary_index, part] of partsOf(item.summary)) {
    const at = { summary_index }
    end('response.reasoning_summary_text.done', summary_index, { ...at, text: part.text })
    end('response.reasoning_summary_part.done', summary_index, { ...at, part })
  }
  events.push(number('response.output_item.done', { output_index, item: incomplete(item) }))
  return events
}

const partsOf = (list: unknown): [number, Members][] =>
  Array.isArray(list)
    ? [...list.entries()].filter((entry): entry is [number, Members] => isRecord(entry[1]))
    : []
