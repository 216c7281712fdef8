/** What an object answers with: errors are values, for what it throws means that it failed. */
import { ApiError, type PlainError } from '../errors.ts'

export interface Reply<T> {
  answer?: T
  refused?: PlainError
}

export function toReply<T>(answer: T | ApiError): Reply<T> {
  return answer instanceof ApiError ? { refused: answer.toPlain() } : { answer }
}

/** @returns `object_unavailable` where it was restarted, is overloaded, or failed: what it refuses, it says */
export async function fromReply<T>(reply: Promise<Reply<T>>): Promise<T | ApiError> {
  try {
    const { answer, refused } = await reply
    return refused === undefined ? (answer as T) : ApiError.from(refused)
  } catch (cause) {
    return new ApiError('object_unavailable', { cause })
  }
}
