/** The usual way: every event is parsed, read and written again, in streams of JavaScript. */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { Hono } from 'hono'

const app = new Hono<{ Bindings: { UPSTREAM: string } }>()

app.post('/v1/chat/completions', async (c) => {
  const response = await fetch(`${c.env.UPSTREAM}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify(await c.req.json()),
  })
  const events = response.body
    ?.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .pipeThrough(
      new TransformStream<{ data: string }, string>({
        transform({ data }, controller) {
          const said = data === '[DONE]' ? data : JSON.stringify(JSON.parse(data))
          controller.enqueue(`data: ${said}\n\n`)
        },
      }),
    )
    .pipeThrough(new TextEncoderStream())
  return new Response(events ?? null, { headers: { 'content-type': 'text/event-stream' } })
})

export default app
