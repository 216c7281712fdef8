/** The id of a response. */
import { isRecord } from '../../protocol/json.ts'

/**
 * What is accepted as one. OpenAI's have `resp_` and 48 characters; other upstreams have forms of their own.
 */
const PATTERN = /^[\w-]{1,200}$/

export const isResponseId = (text: string): boolean => PATTERN.test(text)

/**
 * @param json an event with the whole response, or a response
 * @returns `undefined` if its upstream says that it does not store it
 */
export function responseId(json: unknown): string | undefined {
  if (!isRecord(json)) return undefined
  const response = isRecord(json.response) ? json.response : json
  const { id, store, object } = response
  if (store === false || (response === json && object !== 'response')) return undefined
  return typeof id === 'string' ? id : undefined
}
