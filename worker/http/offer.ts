/** The models that this Worker offers. */

import { modelNotOffered, modelsFor } from '../admission/policy.ts'
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import type { ModelList } from '../protocol/wire.ts'
import { plan } from '../upstreams/plan.ts'
import { modelsPath } from '../upstreams/upstream.ts'
import { askForJson, passOn } from './ask-for-json.ts'
import type { Context } from './context.ts'
import { refuse, STREAMED } from './respond.ts'

type Entry = ModelList['data'][number]

/** `GET /v1/models` */
export async function models(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const list = (ids: readonly string[], others: readonly Entry[] = []): ModelList => ({
    object: 'list',
    data: [...ids.map((id) => entryOf(id, config)), ...others],
  })
  const offered = modelsFor(caller, config)
  if (offered !== undefined) return c.json(list(offered))
  const { all, routes } = config.upstream
  if (all.length === 1) return passOn(c, { method: 'GET', path: modelsPath(), route: 'models' })
  // Each model that any upstream lists may be named.
  const lists = all.filter(({ kind }) => kind.routes.includes('models'))
  const found = await Promise.all(lists.map(({ name }) => modelsAt(c, name)))
  const named = Object.keys(routes)
  const byId = new Map(
    found.flatMap((one) => (one instanceof ApiError ? [] : one)).map((one) => [one.id, one]),
  )
  for (const id of named) byId.delete(id)
  const [error] = found
  if (error instanceof ApiError && byId.size + named.length === 0) return refuse(c, error)
  return c.json(list(named, [...byId.values()]), 200, STREAMED)
}

async function modelsAt(c: Context, at: string | undefined): Promise<Entry[] | ApiError> {
  const answer = await askForJson(c, { method: 'GET', path: modelsPath(), route: 'models', at })
  if (answer instanceof ApiError) return answer
  const json = parseJson(new TextDecoder().decode(answer.first))
  return isRecord(json) && Array.isArray(json.data)
    ? (json.data.filter(isRecord) as unknown[] as Entry[])
    : []
}

/** `GET /v1/models/{id}` */
export async function model(c: Context): Promise<Response> {
  const { caller, config } = c.var
  const id = c.req.param('id') ?? ''
  const offered = modelsFor(caller, config)
  const isNamed = offered?.includes(id) ?? Object.hasOwn(config.upstream.routes, id)
  if (isNamed) return c.json(entryOf(id, config))
  if (offered !== undefined) return refuse(c, modelNotOffered(id, offered))
  return passOn(c, { method: 'GET', path: modelsPath(id), route: 'models', model: id })
}

function entryOf(id: string, { upstream }: Config): Entry {
  const [first] = plan(upstream, { model: id, route: 'chat-completions' })
  const owner = first?.upstream.name ?? (upstream.kind === 'demo' ? 'millrace' : 'openai')
  return { id, object: 'model', created: 0, owned_by: owner }
}
