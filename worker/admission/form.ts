/**
 * A form in parts, read where it lies. Servers differ in what they make of an odd one, so a field could say
 * one thing here and another one upstream: only the plainest form is taken, and its bytes go on as they came.
 * [spec] RFC 7578; RFC 2046, 5.1.1.
 */
import { MAX_FORM_HEAD_BYTES, MAX_FORM_PARTS } from '../limits.ts'
import { concat } from '../protocol/concat.ts'
import { toBytes } from '../protocol/encode.ts'

export interface Form {
  /** By name: a text, a file's bytes, or all texts of a name that ends in `[]`. */
  fields: Record<string, string | Uint8Array | string[]>
  /** @returns the same form with another text in a field */
  with(name: string, text: string): Uint8Array<ArrayBuffer>
}

/** One boundary, and nothing that some server takes for another one. */
const TYPE = /^multipart\/form-data\s*;\s*boundary=("?)([\w'()+,./:=?-]{1,70})\1\s*$/i

/** Names in quotes or, as .NET writes them, without; and nothing that has to be decoded. */
const DISPOSITION = /^content-disposition: ?form-data; ?name=("?)([\w.[\]-]{1,64})\1(; ?filename\*?=.*)?$/i
const OTHER_HEADS = /^(?:content-(?:type|length): ?.*|content-transfer-encoding: ?(?:binary|[78]bit))$/i

const BLANK_LINE = toBytes('\r\n\r\n')
const ODD =
  'The form is cut off, or not plain: send each part with its own plain name, and nothing around them.'

/** @param type the request's content type. @returns `undefined`: it is no plain form */
export const boundaryOf = (type: string | null): string | undefined => TYPE.exec(type ?? '')?.[2]

/** @returns what is wrong with it, in words, where it isn't a plain form */
export function readForm(bytes: Uint8Array, boundary: string): Form | string {
  const delimiter = toBytes(`--${boundary}`)
  const fields: Form['fields'] = Object.create(null)
  const places = new Map<string, readonly [from: number, to: number]>()
  let at = find(bytes, delimiter, 0)
  if (at !== 0) return ODD
  for (let parts = 0; parts <= MAX_FORM_PARTS; parts++) {
    at += delimiter.length
    const after = latin(bytes.subarray(at, at + 4))
    if (after === '--' || after === '--\r\n') {
      if (at + after.length !== bytes.length) return ODD
      return {
        fields,
        with(name, text) {
          const [from, to] = places.get(name) as readonly [number, number]
          return concat([bytes.subarray(0, from), toBytes(text), bytes.subarray(to)])
        },
      }
    }
    const from = find(bytes, BLANK_LINE, at) + BLANK_LINE.length
    const end = find(bytes, delimiter, at)
    if (!after.startsWith('\r\n') || from < BLANK_LINE.length || end === -1) return ODD
    // The boundary stands on a line of its own, and nowhere else.
    const to = end - 2
    if (to < from || from - at > MAX_FORM_HEAD_BYTES || latin(bytes.subarray(to, end)) !== '\r\n') {
      return ODD
    }
    const head = readHead(latin(bytes.subarray(at + 2, from - BLANK_LINE.length)))
    if (head === undefined) return ODD
    const { name, isFile } = head
    const value = isFile ? bytes.subarray(from, to) : utf8(bytes.subarray(from, to))
    if (value === undefined) return `\`${name}\` is not valid UTF-8.`
    const known = fields[name]
    const isList = name.endsWith('[]') && typeof value === 'string'
    if (known !== undefined && !(isList && Array.isArray(known))) return `\`${name}\` comes twice.`
    fields[name] = isList ? [...((known as string[] | undefined) ?? []), value] : value
    places.set(name, [from, to])
    at = end
  }
  return `The form has more than ${MAX_FORM_PARTS} parts.`
}

function readHead(head: string): { name: string; isFile: boolean } | undefined {
  const lines = head.split('\r\n')
  const own = lines.filter((line) => DISPOSITION.test(line))
  if (own.length !== 1 || !lines.every((line) => line === own[0] || OTHER_HEADS.test(line))) return undefined
  const [, , name = '', file] = DISPOSITION.exec(own[0] as string) ?? []
  return { name, isFile: file !== undefined }
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const latin = (bytes: Uint8Array) => String.fromCharCode(...bytes)

/**
 * Horspool's search: it steps over most of a large file.
 *
 * @returns where `sought` begins, at or after `from`; -1: nowhere
 */
function find(bytes: Uint8Array, sought: Uint8Array, from: number): number {
  const last = sought.length - 1
  const steps = new Uint8Array(256).fill(sought.length)
  for (const [index, byte] of sought.entries()) if (index < last) steps[byte] = last - index
  for (let at = from; at + last < bytes.length; at += steps[bytes[at + last] as number] as number) {
    let index = last
    while (index >= 0 && bytes[at + index] === sought[index]) index--
    if (index < 0) return at
  }
  return -1
}
