/** An upstream in the demo's place that says so many tokens at so even a pace, by a clock that tests turn. */
import type { KnownUpstream } from '../../worker/config/upstreams.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import type { Upstream } from '../../worker/upstreams/upstream.ts'
import { eventAt, FIRST_EVENT, lastEvents } from '../bench/answer.ts'
import { FIRST_EVENTS, lastResponseEvents, responseEventAt } from '../bench/responses-answer.ts'

export interface Paced {
  tokens: number
  /** Milliseconds between two tokens. */
  every: number
}

const FORMS = {
  '/chat/completions': {
    first: FIRST_EVENT,
    event: eventAt,
    last: ({ tokens }: Paced) => lastEvents(tokens),
  },
  '/responses': {
    first: FIRST_EVENTS,
    event: responseEventAt,
    last: (paced: Paced) => lastResponseEvents({ ...paced, stream: 0 }),
  },
}

export const demo = (_: unknown, known: KnownUpstream): Upstream => ({
  ...known,
  host: 'demo',
  async call({ path, body }) {
    if (body === undefined) return Response.json({ object: 'list', data: [] })
    const { first, event, last } = FORMS[path as keyof typeof FORMS]
    const paced = JSON.parse(new TextDecoder().decode(body)).paced as Paced
    const { tokens, every } = paced
    let said = 0
    const stream = new ReadableStream({
      type: 'bytes',
      start(controller) {
        controller.enqueue(toBytes(first))
        const timer = setInterval(() => {
          if (said < tokens) return controller.enqueue(toBytes(event(0, said++)))
          clearInterval(timer)
          controller.enqueue(toBytes(last(paced)))
          controller.close()
          controller.byobRequest?.respond(0)
        }, every)
      },
    })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  },
})
