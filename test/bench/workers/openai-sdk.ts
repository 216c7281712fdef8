/** OpenAI's SDK in the Worker, each of its chunks written anew for the caller. */
import OpenAI from 'openai'

export default {
  async fetch(request: Request, env: { UPSTREAM: string }): Promise<Response> {
    const openai = new OpenAI({ baseURL: env.UPSTREAM, apiKey: 'bench' })
    const asked = (await request.json()) as OpenAI.ChatCompletionCreateParamsStreaming
    const chunks = (await openai.chat.completions.create(asked))[Symbol.asyncIterator]()
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await chunks.next()
        controller.enqueue(encoder.encode(done ? 'data: [DONE]\n\n' : `data: ${JSON.stringify(value)}\n\n`))
        if (done) controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
}
