/** The models that this server offers. */
import type { ModelList } from '../../worker/protocol/wire.ts'
import { getJson } from '../widget/visitor/get-json.ts'

/**
 * @param send calls the Worker
 * @returns the names of the models, the default first; empty if the server doesn't list any
 */
export async function listModels(send: typeof fetch): Promise<string[]> {
  const list = await getJson<ModelList>('/v1/models', send)
  return list?.data?.map(({ id }) => id) ?? []
}
