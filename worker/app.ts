/**
 * THE ROUTE MAP: each route with its guards, in order.
 */
import { HonoBase } from 'hono/hono-base'
import { TrieRouter } from 'hono/router/trie-router'
import { readChatRequest, readQuestion } from './admission/body.ts'
import { plainText, relay } from './answer/pipeline.ts'
import { ApiError } from './errors.ts'
import { EMBEDDINGS } from './formats/passed/embeddings.ts'
import { IMAGES } from './formats/passed/images.ts'
import { TRANSCRIPTIONS } from './formats/passed/transcriptions.ts'
import { access } from './http/access.ts'
import { burst } from './http/burst.ts'
import { answer } from './http/chat.ts'
import { configure } from './http/configure.ts'
import type { App } from './http/context.ts'
import { health } from './http/health.ts'
import { inFlight } from './http/in-flight.ts'
import { keysAlone } from './http/keys-alone.ts'
import { log } from './http/log.ts'
import { answerOtherMethods } from './http/methods.ts'
import { answerOtherPaths } from './http/not-found.ts'
import { model, models } from './http/offer.ts'
import { pages } from './http/pages.ts'
import { passOnAnswer } from './http/passed.ts'
import { refuse } from './http/respond.ts'
import {
  cancelResponse,
  countInputTokens,
  createResponse,
  deleteResponse,
  inputItems,
  readResponse,
} from './http/responses.ts'
import { frame } from './http/run.ts'
import { followStream, openStream, stopStream, warmCaller } from './http/streams.ts'
import { uncompressed } from './http/uncompressed.ts'
import { openSession, usage } from './http/visitors.ts'

// The router that Hono's default picks for these routes: its faster one can't tell `/:id` from
// `/input_tokens`.
export const app = new HonoBase<App>({ router: new TrieRouter() })

app.use(log(), configure(), pages())

const question = [access(), burst(), uncompressed(), inFlight()] as const
app.post('/v1/chat/completions', ...question, (c) => answer(c, readChatRequest, relay))
app.post('/chat', ...question, (c) => answer(c, readQuestion, plainText))
app.post('/v1/responses', ...question, createResponse)
app.post('/v1/responses/input_tokens', ...question, keysAlone(), countInputTokens)
app.get('/v1/responses/:id', access(), burst(), readResponse)
app.get('/v1/responses/:id/input_items', access(), burst(), inputItems)
app.post('/v1/responses/:id/cancel', access(), burst(), cancelResponse)
app.delete('/v1/responses/:id', access(), burst(), deleteResponse)
app.post('/v1/embeddings', ...question, keysAlone(), passOnAnswer(EMBEDDINGS))
app.post('/v1/audio/transcriptions', ...question, keysAlone(), passOnAnswer(TRANSCRIPTIONS))
app.post('/v1/images/generations', ...question, keysAlone(), passOnAnswer(IMAGES))
app.post('/v1/streams', ...question, openStream)
app.get('/v1/streams', access(), burst(), warmCaller)
app.get('/v1/streams/:id', access(), burst(), followStream)
app.delete('/v1/streams/:id', access(), burst(), stopStream)
app.get('/v1/models', access(), burst(), models)
app.get('/v1/models/:id{.+}', access(), burst(), model)
app.get('/v1/usage', access(), burst(), usage)
app.post('/v1/sessions', uncompressed(), openSession)
app.get('/healthz', health())
app.get('/run/', frame('python'))
app.get('/run/preview/', frame('preview'))

answerOtherMethods(app)
app.notFound(answerOtherPaths(app))
app.onError((error, c) => refuse(c, new ApiError('internal_error', { cause: error })))
