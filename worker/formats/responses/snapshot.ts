/**
 * The newest state of a response, folded from its events: what `GET /v1/responses/{id}` answers before the
 * end, and what an answer that is ended here repeats in its last events.
 */
import { isRecord } from '../../protocol/json.ts'
import { rebuilt } from './harmless.ts'
import { indexIn, PLACES, partedType, partIndex } from './spoken.ts'

type Members = Record<string, unknown>

const ENDED_EARLY = new Set<unknown>(['failed', 'incomplete', 'cancelled'])

export interface Snapshot {
  /** Takes an event's value, parsed; it is not changed. */
  fold(event: unknown): void
  /** The same without the event's words, which readers take back. */
  withdraw(event: unknown): void
  /** @returns `undefined` before the first event with a response */
  response(): Members | undefined
  /** The items that have begun and not ended, by their index. */
  open(): [index: number, item: Members][]
  /** Whether an event of this type has come for this part of an item. */
  has(type: string, item: number, part: number): boolean
}

export function createSnapshot(): Snapshot {
  let base: Members | undefined
  /** By their index. There can be gaps: `output` has none. */
  const items = new Map<number, Members>()
  const ended = new Set<string>()

  function foldItem(event: Members, stage: string): void {
    const { type, item, part, delta, annotation } = event
    const index = indexIn(event, 'output_index')
    const at = partIndex(event)
    if (stage === 'done') ended.add(`${type} ${index} ${at}`)
    if (isRecord(item)) items.set(index, structuredClone(item))
    const own = items.get(index)
    if (own === undefined) return
    const [name] = partedType(type)
    const list = isRecord(part) ? (name === 'reasoning_summary_part' ? 'summary' : 'content') : undefined
    if (list !== undefined && isRecord(part)) putIn(own, list, at, part)
    const place = PLACES[name]
    if (place !== undefined && (place.list !== undefined || place.member in own)) {
      const holder = place.list === undefined ? own : partOf(own, place.list, at)
      const text = event[place.member]
      if (stage === 'done' && typeof text === 'string') holder[place.member] = text
      else if (typeof delta === 'string') holder[place.member] = `${holder[place.member] ?? ''}${delta}`
    }
    if (name === 'output_text.annotation') {
      putIn(partOf(own, 'content', at), 'annotations', indexIn(event, 'annotation_index'), annotation)
    }
  }

  return {
    fold(event) {
      if (!isRecord(event)) return
      const { response } = event
      if (!isRecord(response)) return foldItem(event, partedType(event.type)[1])
      base = response
      if (!Array.isArray(response.output)) return
      // Some upstreams end a whole answer without repeating it. One that is ended here has what it repeats.
      if (response.output.length === 0 && !ENDED_EARLY.has(response.status)) return
      items.clear()
      for (const [index, item] of response.output.entries()) {
        if (isRecord(item)) items.set(index, structuredClone(item))
      }
    },
    withdraw(event) {
      if (!isRecord(event)) return
      const { type, item, response } = event
      if (isRecord(response)) base ??= withoutWords({ ...response, output: [] })
      const index = indexIn(event, 'output_index')
      if (partedType(type)[1] === 'done') ended.add(`${type} ${index} ${partIndex(event)}`)
      if (!isRecord(item)) return
      if (!isText(item)) items.delete(index)
      else if (!items.has(index)) items.set(index, emptied(item))
      const own = items.get(index)
      if (own !== undefined) own.status = 'incomplete'
    },
    response() {
      if (base === undefined) return undefined
      return { ...base, output: [...items].sort(([one], [other]) => one - other).map(([, item]) => item) }
    },
    open: () => [...items].filter(([index]) => !ended.has(`response.output_item.done ${index} 0`)),
    has: (type, item, part) => ended.has(`${type} ${item} ${part}`),
  }
}

/** Whether an item is for people to read: others are whole, or are not shown. */
export const isText = ({ type }: Members): boolean => type === 'message' || type === 'reasoning'

const emptied = (item: Members): Members =>
  withoutWords({ ...item, ...(item.type === 'message' ? { content: [] } : { summary: [] }) })

const withoutWords = (value: Members) => rebuilt(value, () => '') as Members

/** The value is copied: it belongs to an event. */
function putIn(holder: Members, member: string, index: number, value: unknown): void {
  const list = Array.isArray(holder[member]) ? holder[member] : []
  list[Math.min(index, list.length)] = structuredClone(value)
  holder[member] = list
}

function partOf(item: Members, member: string, index: number): Members {
  const list = item[member]
  const part: unknown = Array.isArray(list) ? list[index] : undefined
  return isRecord(part) ? part : {}
}
