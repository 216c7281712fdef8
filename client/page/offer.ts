/** What this server offers: its upstream and its models. */
import type { Health, ModelList } from '../../worker/protocol/wire.ts'
import { getJson } from '../widget/visitor/get-json.ts'

/** @returns whether answers come from the built-in demo; `false` if the server doesn't say */
export async function isDemo(): Promise<boolean> {
  const health = await getJson<Health>('/healthz', fetch)
  return health?.upstream === 'demo'
}

/**
 * @param send calls the Worker
 * @returns the names of the models, the default first; empty if the server doesn't list any
 */
export async function listModels(send: typeof fetch): Promise<string[]> {
  const list = await getJson<ModelList>('/v1/models', send)
  return list?.data?.map(({ id }) => id) ?? []
}
