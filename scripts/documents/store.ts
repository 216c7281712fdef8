/** The vector store of a folder: found by its mark or its id, or created. */
import { type Api, attempts, FatalError, type Store } from './api.ts'
import { MARK } from './plan.ts'

/** @throws {FatalError} if there is no such store */
export async function storeById(api: Api, id: string): Promise<Store> {
  const store = await api.store(id)
  if (store === undefined) throw new FatalError(`The account has no vector store ${id}.`)
  if (store.expired) throw new FatalError(`The vector store ${id} has expired: its files can't be searched.`)
  return store
}

/**
 * @returns the oldest store that was created for documents of this name, so that all machines find the same
 */
export async function findStore(api: Api, name: string): Promise<Store | undefined> {
  for await (const store of api.stores()) {
    if (store.metadata[MARK] === name && !store.expired) return store
  }
  return undefined
}

/**
 * Creates a store that `findStore` will find. One whose creation got no answer is found, not created again.
 */
export async function createStore(api: Api, name: string): Promise<Store> {
  return attempts(
    api.signal,
    (attempt) => api.createStore(name, { [MARK]: name }, attempt),
    () => findStore(api, name),
  )
}
