/** What an object answers with. Refusals are values: an exception means that the object failed. */
import { ApiError, type PlainError } from '../errors.ts'

export interface Reply<T> {
  answer?: T
  refused?: PlainError
}

export function toReply<T>(answer: T | ApiError): Reply<T> {
  return answer instanceof ApiError ? { refused: answer.toPlain() } : { answer }
}

/** @returns what the object answered; `object_unavailable` if it was restarted, is overloaded, or failed */
export async function fromReply<T>(reply: Promise<Reply<T>>): Promise<T | ApiError> {
  try {
    const { answer, refused } = await reply
    return refused === undefined ? (answer as T) : ApiError.from(refused)
  } catch (cause) {
    return new ApiError('object_unavailable', { cause })
  }
}
