/** The visitor: a session, or an access key. Shared by all requests of an element. */
import { createSession, type VisitorSession } from '../../stream/session.ts'
import type { StorageKind } from '../attributes.ts'
import { keepInMemory, keepInStore } from './keep-text.ts'

export interface Visitor {
  session: VisitorSession
  /** Whether the visitor is being asked to prove to be a person. */
  readonly isChecking?: boolean
  /** Sets an access key that the reader entered. It is kept for this tab only. */
  enterKey(key: string): void
}

/**
 * @param endpoint the Worker's address without a slash at its end; empty for the page's own origin
 * @param challengePlace the element for Turnstile's challenge, if the Worker asks for one
 */
export function createVisitor(
  endpoint: string,
  storage: StorageKind,
  challengePlace: () => HTMLElement,
): Visitor {
  // Names end with the endpoint: a site may have chats of several Workers.
  const keep = (name: string, store: () => Storage) =>
    storage === 'none' ? keepInMemory() : keepInStore(store, name + endpoint)
  let isChecking = false
  const key = keep('millrace-access-key', () => sessionStorage)
  const session = createSession(endpoint, {
    key: key.get,
    // Same storage as the conversations: only the visitor who asked can resume an answer.
    store: keep('millrace-session', () => (storage === 'local' ? localStorage : sessionStorage)),
    async solveChallenge(siteKey) {
      isChecking = true
      try {
        const { solveChallenge } = await import('./turnstile.ts')
        return await solveChallenge(siteKey, challengePlace())
      } finally {
        isChecking = false
      }
    },
  })
  return {
    session,
    get isChecking() {
      return isChecking
    },
    enterKey: key.set,
  }
}
