/**
 * Reads turns from stored JSON. Another version of the widget, or the host page, may have written it: invalid
 * turns are dropped, and invalid fields omitted.
 */
import type { Reading } from '../../stream/meter.ts'
import type { Source } from '../../stream/stream-format.ts'
import { ENDS, NOTES, type Pending, RATINGS, type Turn } from './conversation.ts'
import type { Trouble } from './trouble.ts'

/** A stream's id becomes a part of an address. */
const STREAM_ID = /^(?:str|resp)_[\w-]{1,64}$/

/** [docs/PROTOCOL.md] `Idempotency-Key`. */
const KEY = /^[\x21-\x7e]{1,255}$/

/** More than an answer cites. */
const MAX_SOURCES = 200

const COUNTED = ['usage', 'estimate', 'deltas'] as const

/** @param value the parsed JSON */
export function readTurns(value: unknown): Turn[] {
  return Array.isArray(value) ? value.map(readTurn).filter((turn) => turn !== undefined) : []
}

function readTurn(value: unknown): Turn | undefined {
  const { question, answer, ...fields } = fieldsOf(value)
  if (typeof question !== 'string' || typeof answer !== 'string') return undefined
  const end = oneOf(ENDS, fields.end)
  const pending = readPending(fields.pending)
  // Neither ended nor resumable: such a turn would wait forever.
  if (end === undefined && pending === undefined) return undefined
  return {
    question,
    // That they were there: pictures are not stored.
    ...(Array.isArray(fields.pictures) && { pictures: fields.pictures.map(() => ({})) }),
    answer,
    ...known({
      end,
      pending,
      sentWith: isNumber(fields.sentWith) ? Math.max(0, fields.sentWith) : undefined,
      speed: readReading(fields.speed),
      note: oneOf(NOTES, fields.note),
      trouble: readTrouble(fields.trouble),
      rating: oneOf(RATINGS, fields.rating),
      sources: readSources(fields.sources),
      context: shortText(fields.context),
      suggestions: readSuggestions(fields.suggestions),
    }),
  }
}

function readSources(value: unknown): Source[] | undefined {
  if (!Array.isArray(value)) return undefined
  return value.slice(0, MAX_SOURCES).flatMap((source) => {
    const { title, url, start, end } = fieldsOf(source)
    if (typeof title !== 'string' || !isNumber(start) || !isNumber(end)) return []
    return [{ title, start, end, ...known({ url: stringOr(undefined, url) }) }]
  })
}

/** More than `MAX_CONTEXT_BYTES` with the words around it. */
const MAX_TEXT_CHARS = 5_000

const shortText = (value: unknown) =>
  typeof value === 'string' && value.length <= MAX_TEXT_CHARS ? value : undefined

function readSuggestions(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : undefined
}

function readPending(value: unknown): Pending | undefined {
  const { id, key, model, askedAt, isUnsent, suggests } = fieldsOf(value)
  const usable = ofForm(KEY, key)
  if (usable === undefined || !isNumber(askedAt)) return undefined
  const sent = { id: ofForm(STREAM_ID, id), model: stringOr(undefined, model) }
  const flags = { isUnsent: isUnsent === true || undefined, suggests: suggests === true || undefined }
  return { key: usable, askedAt, ...known({ ...sent, ...flags }) }
}

function readReading(value: unknown): Reading | undefined {
  const { firstTokenMs, tokens, counted: from, tokensPerSecond } = fieldsOf(value)
  const counted = oneOf(COUNTED, from)
  if (!isNumber(tokens) || counted === undefined) return undefined
  return {
    firstTokenMs: numberOr(null, firstTokenMs),
    tokens,
    counted,
    tokensPerSecond: numberOr(null, tokensPerSecond),
  }
}

function readTrouble(value: unknown): Trouble | undefined {
  const { code, status, message, requestId, retryAfterMs, began, at } = fieldsOf(value)
  if (typeof message !== 'string') return undefined
  return {
    code: stringOr(null, code),
    status: numberOr(null, status),
    message,
    requestId: stringOr(null, requestId),
    retryAfterMs: numberOr(0, retryAfterMs),
    began: began === true,
    at: numberOr(0, at),
  }
}

/** The fields of an object; none for any other value. */
export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** JSON has no infinity, but `1e999` parses as it. */
export function isNumber(value: unknown): value is number {
  return Number.isFinite(value)
}

const numberOr = <T>(other: T, value: unknown) => (isNumber(value) ? value : other)
const stringOr = <T>(other: T, value: unknown) => (typeof value === 'string' ? value : other)

function ofForm(form: RegExp, value: unknown): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined
}

function oneOf<T>(names: readonly T[], value: unknown): T | undefined {
  return names.find((name) => name === value)
}

type Known<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> }

/** Omits absent fields, so that none is present with the value `undefined`. */
function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>
}
