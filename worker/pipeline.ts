/**
 * THE FLOW: upstream → stages → reader. Only the stages a request needs; none, where its bytes stay as they are.
 */
import { prepend } from './bytes.ts'
import { ApiError } from './errors.ts'
import type { ChatCall } from './guard/body.ts'
import type { Deadlines } from './limits.ts'
import { type Carried, carry } from './relay/carry.ts'
import { deliver } from './relay/deliver.ts'
import { decodeEvents } from './sse/decode.ts'
import { silence } from './stage/silence.ts'
import { text } from './stage/text.ts'
import { type Answer, type Asked, askUpstream, type Call, createCall, reasonOf } from './upstream/call.ts'
import type { Upstream } from './upstream/upstream.ts'
import { PLAIN_TEXT } from './wire.ts'

/** An answer on its way to the caller. */
export interface Delivery extends Carried {
  status: number
  headers: Record<string, string>
}

export interface Flow {
  upstream: Upstream
  deadlines: Deadlines
  /** Aborts when the caller leaves. */
  caller: AbortSignal
}

/** OpenAI's wire format, byte for byte as the upstream sends it. */
export function relay(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(asking(chat, flow), flow, async (answer, call) => ({
    ...head(answer, answer.contentType),
    ...(chat.stream ? carry({ ...answer, ...call, silenceMs: flow.deadlines.silence }) : whole(answer)),
  }))
}

/** The answer's bare text, delta by delta. */
export function plainText(chat: ChatCall, flow: Flow): Promise<Outcome> {
  return converse(asking(chat, flow), flow, async (answer, call) => ({
    ...head(answer, PLAIN_TEXT),
    ...(await deliver(
      prepend(answer.first, answer.rest)
        .pipeThrough(
          silence(flow.deadlines.silence, () => call.abort(new ApiError('upstream_silence_timeout'))),
        )
        .pipeThrough(decodeEvents())
        .pipeThrough(text())
        .pipeThrough(new TextEncoderStream()),
      call,
    )),
  }))
}

const asking = ({ bytes, stream }: ChatCall, { upstream }: Flow) => ({
  send: (signal: AbortSignal) => upstream.chat(bytes, signal),
  stream,
})

export interface Outcome {
  delivery: Delivery | ApiError
  /** How often the call was made again before its first byte. */
  retries: number
}

/** What the upstream has on offer, in OpenAI's list shape. */
export function upstreamModels(flow: Flow): Promise<Outcome> {
  const ask = { send: flow.upstream.models, stream: false }
  return converse(ask, flow, async (answer) => ({ ...head(answer, answer.contentType), ...whole(answer) }))
}

/** Makes the call and hands its answer on; whatever fails before the caller's first byte is an error with a status. */
async function converse(
  ask: Pick<Asked, 'send' | 'stream'>,
  { deadlines, caller }: Flow,
  hand: (answer: Answer, call: Call) => Promise<Delivery>,
): Promise<Outcome> {
  const call = createCall(caller, deadlines.total)
  const { answer, retries } = await askUpstream({ ...ask, call, deadlines })
  let delivery: Delivery | ApiError
  try {
    delivery = answer instanceof ApiError ? answer : await hand(answer, call)
  } catch (error) {
    // A stage throws an `ApiError`; anything else is the upstream's connection breaking off.
    if (call.signal.aborted) delivery = reasonOf(call.signal)
    else delivery = error instanceof ApiError ? error : new ApiError('upstream_truncated', { cause: error })
  }
  const finished = delivery instanceof ApiError ? undefined : delivery.ended
  void Promise.resolve(finished).then(call.finished)
  return { delivery, retries }
}

function head({ status, headers }: Answer, contentType: string) {
  return { status, headers: { ...headers, 'content-type': contentType } }
}

function whole({ first }: Answer): Carried {
  const body = new Blob([first]).stream()
  return { body, ended: Promise.resolve({ end: 'done', bytes: first.byteLength }) }
}
