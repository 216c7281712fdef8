/** What an object answers with. Refusals are values: an exception means that the object failed. */
import { ApiError, type PlainError } from '../errors.ts'
import { inTime, LATE } from '../in-time.ts'
import { OBJECT_REPLY_MS } from '../limits.ts'

export interface Reply<T> {
  answer?: T
  refused?: PlainError
}

export function toReply<T>(answer: T | ApiError): Reply<T> {
  return answer instanceof ApiError ? { refused: answer.toPlain() } : { answer }
}

/**
 * @param onLate called if the object does not answer in time, with its later answer: what it did can be
 *   undone
 * @returns what the object answered; `object_unavailable` if it was restarted, is overloaded, failed, or does
 *   not answer within `OBJECT_REPLY_MS`
 */
export async function fromReply<T>(
  reply: Promise<Reply<T>>,
  onLate: (answer: Promise<T | ApiError>) => void = () => {},
): Promise<T | ApiError> {
  const answered = read(reply)
  const answer = await inTime(OBJECT_REPLY_MS, answered)
  if (answer !== LATE) return answer
  onLate(answered)
  return new ApiError('object_unavailable')
}

async function read<T>(reply: Promise<Reply<T>>): Promise<T | ApiError> {
  try {
    const { answer, refused } = await reply
    return refused === undefined ? (answer as T) : ApiError.from(refused)
  } catch (cause) {
    return new ApiError('object_unavailable', { cause })
  }
}
