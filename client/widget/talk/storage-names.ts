/** Names in storage: of the records, and of the conversation that a tab shows. */
import type { StorageKind } from '../attributes.ts'

/**
 * The key in `sessionStorage` for the id of the tab's conversation, whatever storage the conversations have.
 */
export function currentKey(storage: StorageKind, scope: string): string {
  return `millrace-current ${storage} ${scope}`
}

/** Prefix of all records, of any Worker. */
export const RECORD_PREFIX = 'millrace-conversation '

/** Prefix of one Worker's records. Origins have no spaces, so no prefix is the beginning of another one. */
export const recordPrefix = (scope: string) => `${RECORD_PREFIX}${scope} `

/** Whether this tab shows a stored conversation, or starts with one. That may have an answer to resume. */
export function hasConversation(storage: StorageKind, scope: string): boolean {
  try {
    if (storage === 'none') return false
    if (sessionStorage.getItem(currentKey(storage, scope)) !== null) return true
    return (
      storage === 'local' && Object.keys(localStorage).some((name) => name.startsWith(recordPrefix(scope)))
    )
  } catch {
    return false
  }
}
