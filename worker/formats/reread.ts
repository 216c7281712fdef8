/** Reads a request back from the bytes that this Worker sends upstream. It was checked on its way in. */
import { ApiError } from '../errors.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import type { Question, RequestFormat } from './format.ts'

/** @throws {ApiError} if it is not a request, which would be a defect */
export function reread(bytes: Uint8Array, format: RequestFormat): Question {
  const json = parseJson(new TextDecoder().decode(bytes))
  const question = isRecord(json) ? format.read(json) : new ApiError('invalid_json')
  if (question instanceof ApiError) throw question
  return question
}
