/** OpenAI's error envelope, `{"error": {message, type, param, code}}`, as other servers write it too. */
import { isRecord } from './json.ts'
import type { WireError } from './wire.ts'

/**
 * An error as a server wrote it, in the envelope's four fields: some write `"error": "text"`, or a number as the code.
 *
 * @param unsaid the message where the server gave none
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

/** @returns the value of a body's or event's `error`; `undefined` where it has none: `null` and `""` are none */
export function errorIn(body: unknown): unknown {
  if (!isRecord(body) || body.error === null || body.error === '') return undefined
  return body.error
}
