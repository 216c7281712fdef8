/**
 * Vercel's AI SDK: `streamText`, answered in the stream protocol of its own clients, as its guides have it.
 */
import { createOpenAI } from '@ai-sdk/openai'
import { createUIMessageStreamResponse, type ModelMessage, streamText, toUIMessageStream } from 'ai'

export default {
  async fetch(request: Request, env: { UPSTREAM: string }): Promise<Response> {
    const openai = createOpenAI({ baseURL: env.UPSTREAM, apiKey: 'bench' })
    const { model, messages } = (await request.json()) as { model: string; messages: ModelMessage[] }
    const { stream } = streamText({ model: openai.chat(model), messages })
    return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream }) })
  },
}
