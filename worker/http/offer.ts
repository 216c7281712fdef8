/** The models that this Worker offers. */

import { modelNotOffered, modelsFor } from '../admission/policy.ts'
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { JSON_TYPE, type ModelList } from '../protocol/wire.ts'
import { askForModels } from './ask-models.ts'
import type { Context } from './context.ts'
import { refuse, STREAMED } from './respond.ts'

/** `GET /v1/models` */
export async function models(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const offered = modelsFor(caller, config)
  if (offered === undefined) return passOn(c)
  return c.json({ object: 'list', data: offered.map((id) => entryOf(id, config)) } satisfies ModelList)
}

/** `GET /v1/models/{id}` */
export async function model(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const id = c.req.param('id') ?? ''
  const offered = modelsFor(caller, config)
  if (offered === undefined) return passOn(c, id)
  return offered.includes(id) ? c.json(entryOf(id, config)) : refuse(c, modelNotOffered(id, offered))
}

function entryOf(id: string, { upstream }: Config): ModelList['data'][number] {
  return { id, object: 'model', created: 0, owned_by: upstream.kind === 'demo' ? 'millrace' : 'openai' }
}

/** Passes the upstream's answer on. */
async function passOn(c: Context, id?: string): Promise<Response> {
  const { account, caller, config, wordsFor } = c.var
  const asked = Date.now()
  const answer = await askForModels(c, { id, words: wordsFor(caller), totalMs: config.deadlines.total })
  account.timing.upstream = Date.now() - asked
  if (answer instanceof ApiError) return refuse(c, answer)
  const { status, headers, first } = answer
  account.ended = Promise.resolve({ end: 'done', bytes: first.byteLength })
  return new Response(first, { status, headers: { ...headers, 'content-type': JSON_TYPE, ...STREAMED } })
}
