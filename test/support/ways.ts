/** How a question is asked on each route, and what an upstream says to it, in the format of the route. */
import { ask, askStream, QUESTION } from './caller.ts'
import { chatJson, openStream, type Sent } from './gate.ts'
import { begin, RESPONSE_ID, responseOf, TEXT_ANSWER, wireOf } from './responses.ts'
import { end, inOrder, reset, type Script, send, wait } from './script.ts'
import { answer, events, json, streamHead } from './scripts.ts'
import { completion, event, role } from './sse.ts'
import type { Call } from './upstream.ts'

export const isResponse = ({ path }: Call) => path === '/v1/responses'

type Fields = Record<string, unknown>

const respond = (url: string, fields: Fields, headers: Sent = {}) =>
  fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ input: 'Say hello.', ...fields }),
  })

export interface Way {
  ask(url: string, fields: Fields, headers?: Sent): Promise<Response>
  isStreamed: boolean
  isResponse?: true
  isDurable?: true
}

export const WAYS: Record<string, Way> = {
  'a chat, streamed': {
    ask: (url, fields, headers = {}) => askStream(url, fields, { headers }),
    isStreamed: true,
  },
  'a chat, whole': {
    ask: (url, fields, headers = {}) => ask(url, { ...QUESTION, ...fields }, { headers }),
    isStreamed: false,
  },
  '/chat': { ask: (url, fields, headers = {}) => chatJson(url, fields, { headers }), isStreamed: true },
  '/v1/streams': {
    ask: (url, fields, headers = {}) => openStream(url, fields, { headers }),
    isStreamed: true,
    isDurable: true,
  },
  'a response, streamed': {
    ask: (url, fields, headers) => respond(url, { ...fields, stream: true }, headers),
    isStreamed: true,
    isResponse: true,
  },
  'a response, whole': { ask: respond, isStreamed: false, isResponse: true },
  'a response that is kept': {
    ask: (url, fields, headers) => respond(url, { ...fields, stream: true, background: true }, headers),
    isStreamed: true,
    isResponse: true,
    isDurable: true,
  },
}

/** What an upstream that fails has said before. None of it may reach the caller. */
const FAILED = { id: 'chatcmpl-of-the-first', 'x-request-id': 'req_of_the_first' }
export const TRACE_OF_THE_FAILED = /of.the.first/

export const failedHead = streamHead({ 'x-request-id': FAILED['x-request-id'] })

/** The head, and what comes before the first content. */
export const begins: Script = (reply) => inOrder(failedHead, send(beginning(reply.call)))(reply)

function beginning(call: Call): string {
  if (!isResponse(call)) return role().replace('chatcmpl-9', FAILED.id)
  return wireOf(begin()).replaceAll(RESPONSE_ID, FAILED.id)
}

export const errorFrame = (call: Call, code: string) =>
  isResponse(call)
    ? `event: error\n${event({ type: 'error', code, message: 'No.', param: null })}`
    : event({ error: { message: 'No.', type: code, param: null, code } })

/** A whole answer, as it was asked for. */
export const answers: Script = (reply) => {
  const ofResponse = isResponse(reply.call)
  if (reply.call.request.stream === true)
    return (ofResponse ? events([wireOf(TEXT_ANSWER)]) : answer(['Hello', '!']))(reply)
  return json(ofResponse ? responseOf({ status: 'completed' }) : completion('Hello!'))(reply)
}

/** An error, before any content. */
export const framed =
  (code: string, before: Script = failedHead): Script =>
  (reply) =>
    inOrder(before, send(errorFrame(reply.call, code)), end)(reply)

/** As OpenAI tells of a response that fails; a chat has an error alone. */
export const failedWith =
  (code: string): Script =>
  (reply) => {
    const response = responseOf({ status: 'failed', error: { code, message: 'No.' } })
    const failed = wireOf([...begin(), { type: 'response.failed', response }]).replaceAll(
      'resp_',
      'of_the_first_',
    )
    const chat = role() + event({ error: { message: 'No.', type: code, param: null, code } })
    return inOrder(failedHead, send(isResponse(reply.call) ? failed : chat), end)(reply)
  }

/** Its head arrives before the connection is reset. */
export const RESET = inOrder(wait(300), reset)
