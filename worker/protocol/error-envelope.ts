/**
 * OpenAI's error envelope, `{"error": {message, type, param, code}}`, and the variants that other servers
 * write.
 */
import { isRecord } from './json.ts'
import type { WireError } from './wire.ts'

/**
 * Brings an error as a server wrote it into the envelope's four fields. Some servers write `"error":
 * "text"`, or a number as the code.
 *
 * @param unsaid the message of an error that has none
 */
export function toWireError(value: unknown, unsaid = 'The upstream failed without saying why.'): WireError {
  const fields = isRecord(value) ? value : { message: value }
  const text = (field: unknown) =>
    field == null ? null : typeof field === 'object' ? JSON.stringify(field) : String(field)
  return {
    message: text(fields.message) || unsaid,
    type: text(fields.type) ?? 'server_error',
    param: text(fields.param),
    code: text(fields.code),
  }
}

/**
 * @returns the `error` field; or the whole body, if it says that it is an error, as vLLM's does; else
 * `undefined`
 */
export function errorIn(body: unknown): unknown {
  if (!isRecord(body)) return undefined
  const { error, object } = body
  if (error !== undefined && error !== null && error !== '') return error
  return object === 'error' ? body : undefined
}
