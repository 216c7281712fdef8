/** The models that this Worker offers. */

import { modelNotOffered, modelsFor } from '../admission/policy.ts'
import type { Config } from '../config/config.ts'
import type { ModelList } from '../protocol/wire.ts'
import { modelsPath } from '../upstreams/upstream.ts'
import { passOn } from './ask-for-json.ts'
import type { Context } from './context.ts'
import { refuse } from './respond.ts'

/** `GET /v1/models` */
export async function models(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const offered = modelsFor(caller, config)
  if (offered === undefined) return passOn(c, { method: 'GET', path: modelsPath() })
  return c.json({ object: 'list', data: offered.map((id) => entryOf(id, config)) } satisfies ModelList)
}

/** `GET /v1/models/{id}` */
export async function model(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const id = c.req.param('id') ?? ''
  const offered = modelsFor(caller, config)
  if (offered === undefined) return passOn(c, { method: 'GET', path: modelsPath(id) })
  return offered.includes(id) ? c.json(entryOf(id, config)) : refuse(c, modelNotOffered(id, offered))
}

function entryOf(id: string, { upstream }: Config): ModelList['data'][number] {
  return { id, object: 'model', created: 0, owned_by: upstream.kind === 'demo' ? 'millrace' : 'openai' }
}
