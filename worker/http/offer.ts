/** The models that this Worker offers. */

import { modelNotOffered } from '../admission/policy.ts'
import { ApiError } from '../errors.ts'
import { JSON_TYPE, type ModelList } from '../protocol/wire.ts'
import { askUpstream, createCall } from '../upstreams/call.ts'
import type { Context } from './context.ts'
import { refuse, STREAMED } from './respond.ts'

/** `GET /v1/models` */
export async function models(c: Context): Promise<Response> {
  const offered = offeredTo(c)
  if (offered === undefined) return askForModels(c)
  return c.json({ object: 'list', data: offered } satisfies ModelList)
}

/** `GET /v1/models/{id}` */
export async function model(c: Context): Promise<Response> {
  const id = c.req.param('id') ?? ''
  const offered = offeredTo(c)
  if (offered === undefined) return askForModels(c, id)
  const found = offered.find((model) => model.id === id)
  if (found !== undefined) return c.json(found)
  return refuse(
    c,
    modelNotOffered(
      id,
      offered.map((model) => model.id),
    ),
  )
}

/** @returns `undefined` where the upstream's own list is what is offered */
function offeredTo({ var: { caller, config } }: Context): ModelList['data'] | undefined {
  const isDemo = config.upstream.kind === 'demo'
  // Where `MODELS` is unset, visitors have the default model alone (policy.ts).
  const ids = config.models ?? (caller.startsWith('visitor:') && !isDemo ? [config.defaultModel] : undefined)
  const owned_by = isDemo ? 'millrace' : 'openai'
  return ids?.map((id) => ({ id, object: 'model', created: 0, owned_by }))
}

/** Passes the upstream's answer on: its list of models or, with an id, that one. */
async function askForModels(c: Context, id?: string): Promise<Response> {
  const { account, caller, config, upstream, wordsFor } = c.var
  const { deadlines } = config
  const asked = Date.now()
  const call = createCall(c.req.raw.signal, deadlines.total)
  const send = (signal: AbortSignal) => upstream.models(signal, id)
  const { answer, retries } = await askUpstream({
    host: upstream.host,
    send,
    stream: false,
    call,
    deadlines,
    words: wordsFor(caller),
  })
  call.finished()
  account.timing.upstream = Date.now() - asked
  account.retries = retries
  if (answer instanceof ApiError) return refuse(c, answer)
  const { status, headers, first } = answer
  account.upstream_status = status
  account.ended = Promise.resolve({ end: 'done', bytes: first.byteLength })
  return new Response(first, { status, headers: { ...headers, 'content-type': JSON_TYPE, ...STREAMED } })
}
