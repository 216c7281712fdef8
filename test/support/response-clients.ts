/** How the clients that people use take a streamed response: what they show, and whether it failed. */
import { createOpenAI } from '@ai-sdk/openai'
import { Agent, Runner, setTracingDisabled, tool } from '@openai/agents-core'
import { OpenAIResponsesModel } from '@openai/agents-openai'
import { streamText } from 'ai'
import OpenAI from 'openai'

export interface Taken {
  /** The text that a reader has been shown. */
  text: string
  /** What it threw or reported. */
  failure: unknown
}

setTracingDisabled(true)

const answering = (wire: string) => async () =>
  new Response(wire, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })

const clientOf = (wire: string) =>
  new OpenAI({ apiKey: 'anything', maxRetries: 0, logLevel: 'off', fetch: answering(wire) })

const QUESTION = { model: 'gpt-test', input: 'Say hello.' }

/** The tool of LONG_ANSWER. */
const WEATHER = tool({
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  execute: () => 'sunny',
})

async function taken(run: (show: (text: string) => void) => Promise<unknown>): Promise<Taken> {
  let text = ''
  try {
    const failure = await run((more) => {
      text += more
    })
    return { text, failure }
  } catch (failure) {
    return { text, failure }
  }
}

/** Each client reads the bytes to their end. */
export const CLIENTS: Readonly<Record<string, (wire: string) => Promise<Taken>>> = {
  'the iterator of openai': (wire) =>
    taken(async (show) => {
      const events = await clientOf(wire).responses.create({ ...QUESTION, stream: true })
      let isFailed = false
      for await (const event of events) {
        if (event.type === 'response.output_text.delta') show(event.delta)
        isFailed ||= event.type === 'response.failed'
      }
      return isFailed ? 'response.failed' : undefined
    }),
  '.stream() of openai': (wire) =>
    taken(async (show) => {
      const stream = clientOf(wire).responses.stream(QUESTION)
      for await (const event of stream) if (event.type === 'response.output_text.delta') show(event.delta)
      const { status } = await stream.finalResponse()
      return status === 'failed' ? 'response.failed' : undefined
    }),
  '@openai/agents': (wire) =>
    taken(async (show) => {
      const model = new OpenAIResponsesModel(clientOf(wire), 'gpt-test')
      const agent = new Agent({ name: 'a', model, tools: [WEATHER], toolUseBehavior: 'stop_on_first_tool' })
      const run = await new Runner().run(agent, 'Say hello.', { stream: true, maxTurns: 1 })
      for await (const { type, ...event } of run) {
        if (type !== 'raw_model_stream_event' || !('data' in event)) continue
        if (event.data.type === 'output_text_delta') show(event.data.delta)
      }
      await run.completed
      return run.error ?? undefined
    }),
  '@ai-sdk/openai': (wire) =>
    taken(async (show) => {
      const openai = createOpenAI({ apiKey: 'anything', fetch: answering(wire) })
      const { fullStream } = streamText({
        model: openai('gpt-test'),
        prompt: 'Say hello.',
        maxRetries: 0,
        onError() {},
      })
      let failure: unknown
      for await (const part of fullStream) {
        if (part.type === 'text-delta') show(part.text)
        if (part.type === 'error') failure = part.error
      }
      return failure
    }),
}
