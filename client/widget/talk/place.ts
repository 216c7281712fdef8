/** Which conversation a tab is in. */
import type { StorageKind } from '../attributes.ts'

/** The name under which its id is kept in `sessionStorage`, whatever the conversations themselves are kept in. */
export function placeName(storage: StorageKind, scope: string): string {
  return `millrace-current ${storage} ${scope}`
}

/** Whether this tab is in one: there may be an answer to go on with. */
export function hasPlace(storage: StorageKind, scope: string): boolean {
  try {
    return storage !== 'none' && sessionStorage.getItem(placeName(storage, scope)) !== null
  } catch {
    return false
  }
}
