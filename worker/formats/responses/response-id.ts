/** The id of a response. */
import { isRecord } from '../../protocol/json.ts'

/** What is accepted as one. OpenAI's have `resp_` and 48 characters; other upstreams have forms of their own. */
const PATTERN = /^[\w-]{1,200}$/

export const isResponseId = (text: string): boolean => PATTERN.test(text)

/** @param json an event with the whole response, or a response */
export function responseId(json: unknown): string | undefined {
  if (!isRecord(json)) return undefined
  const { id } = isRecord(json.response) ? json.response : json
  return json.object !== 'response' && !isRecord(json.response)
    ? undefined
    : typeof id === 'string'
      ? id
      : undefined
}
