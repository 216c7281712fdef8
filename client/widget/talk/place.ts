/** Which conversation a tab is in. */
import type { StorageKind } from '../attributes.ts'

/** The name under which its id is kept in `sessionStorage`, whatever the conversations themselves are kept in. */
export function placeName(storage: StorageKind, scope: string): string {
  return `millrace-current ${storage} ${scope}`
}

/** What the names of all records begin with, whatever Worker they are of. */
export const RECORDS = 'millrace-conversation '

/** What those of one Worker begin with. No origin has a space in it, so that none can be mistaken for another's beginning. */
export const recordsOf = (scope: string) => `${RECORDS}${scope} `

/** Whether this tab is in one, or begins with one: there may be an answer to go on with. */
export function hasPlace(storage: StorageKind, scope: string): boolean {
  try {
    if (storage === 'none') return false
    if (sessionStorage.getItem(placeName(storage, scope)) !== null) return true
    return storage === 'local' && Object.keys(localStorage).some((name) => name.startsWith(recordsOf(scope)))
  } catch {
    return false
  }
}
