/** The upstream of these cases inside workerd, in the place of the demo, which is one in process as well. */
import type { KnownUpstream } from '../../worker/config/upstreams.ts'
import type { Upstream } from '../../worker/upstreams/upstream.ts'
import { aMoment, createPlannedUpstream } from './plan.ts'

const answer = createPlannedUpstream()

const EVENT_STREAM = { headers: { 'content-type': 'text/event-stream' } }
const encoder = new TextEncoder()

export const demo = (_: unknown, known: KnownUpstream): Upstream => ({
  ...known,
  host: 'demo',
  async call({ body }, signal): Promise<Response> {
    if (body === undefined) return Response.json({ object: 'list', data: [] })
    const response = Promise.withResolvers<Response>()
    let left = signal.aborted
    let ended = false
    let controller!: ReadableByteStreamController
    const stream = new ReadableStream({
      type: 'bytes',
      start(its) {
        controller = its
      },
      cancel() {
        left = true
      },
    })
    const streamed = new Response(stream, EVENT_STREAM)
    const queued = () => (controller.desiredSize ?? 0) < 0
    const fail = (error: unknown) => {
      response.reject(error)
      if (!ended) controller.error(error)
      ended = true
    }
    signal.addEventListener('abort', () => {
      left = true
      fail(signal.reason)
    })
    answer(JSON.parse(new TextDecoder().decode(body)), {
      async send(text) {
        response.resolve(streamed)
        if (!left) controller.enqueue(encoder.encode(text))
      },
      json: (value, status) =>
        response.resolve(Response.json(value, { status, headers: { 'x-should-retry': 'false' } })),
      async breakOff(how) {
        // A stream that errors drops what is queued, as a reset does.
        while (how === 'close' && queued() && !left) await aMoment()
        fail(new TypeError(`${how} by the upstream`))
      },
      end() {
        ended = true
        controller.close()
        // A reader with a buffer of its own waits to get it back.
        controller.byobRequest?.respond(0)
      },
      left: () => left,
    }).catch(fail)
    return response.promise
  },
})
