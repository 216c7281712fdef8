/** Who asks: a visitor with a session, or somebody with an access key. The same for all that one element asks. */
import { createSession, type VisitorSession } from '../../stream/session.ts'
import type { StorageKind } from '../attributes.ts'
import { keepInMemory, keepInStore } from './keep-text.ts'

export interface Visitor {
  session: VisitorSession
  /** An access key that the reader entered: kept for this tab alone, and gone with it. */
  enterKey(key: string): void
}

/**
 * @param endpoint the Worker's address without a slash at its end; empty for the page's own
 * @param challengePlace where Turnstile's challenge stands, if the Worker asks for one
 */
export function createVisitor(
  endpoint: string,
  storage: StorageKind,
  challengePlace: () => HTMLElement,
): Visitor {
  // A site may have chats of several Workers, and none knows the other's.
  const keep = (name: string, store: () => Storage) =>
    storage === 'none' ? keepInMemory() : keepInStore(store, name + endpoint)
  const key = keep('millrace-access-key', () => sessionStorage)
  const session = createSession(endpoint, {
    key: key.get,
    // Beside the conversations: an answer can be taken up only by the visitor who asked for it.
    store: keep('millrace-session', () => (storage === 'local' ? localStorage : sessionStorage)),
    async solveChallenge(siteKey) {
      const { solveChallenge } = await import('./turnstile.ts')
      return solveChallenge(siteKey, challengePlace())
    },
  })
  return { session, enterKey: key.set }
}
