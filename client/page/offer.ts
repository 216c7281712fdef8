/** What this server offers: which upstream it has, and which models. */
import type { Health, ModelList } from '../../worker/protocol/wire.ts'
import { getJson } from '../widget/visitor/get-json.ts'

/** @returns whether answers come from the built-in demo; `false` too where the server does not say */
export async function isDemo(): Promise<boolean> {
  const health = await getJson<Health>('/healthz', fetch)
  return health?.upstream === 'demo'
}

/**
 * @param send calls the Worker
 * @returns the models' names, the default first; none where the server does not say
 */
export async function listModels(send: typeof fetch): Promise<string[]> {
  const list = await getJson<ModelList>('/v1/models', send)
  return list?.data?.map(({ id }) => id) ?? []
}
