/** The shown conversation, and those whose answer is in progress in the background. */
import type { Conversation } from './conversation.ts'
import type { KeptConversations } from './kept-conversations.ts'
import type { Thread } from './thread.ts'

export interface Threads {
  readonly shown: Thread
  /** Shows a stored conversation. */
  show(id: string): void
  /** Begins a new conversation. */
  begin(): void
  /**
   * Shows the current conversation as another page or another tab has stored it. Does nothing if it is the
   * one shown.
   */
  refresh(from: 'page' | 'tab'): void
  /** Deletes the conversation and stops its answer. */
  remove(id: string): void
  /** Stops reading. Answers continue on the server. */
  leave(): void
}

interface Entered {
  thread: Thread
  turns: HTMLElement
}

/**
 * @param place the element that holds the turns of the shown conversation
 * @param enter creates a thread that puts its turns into `turns`; `watched` if another tab asks in it
 * @param changed called when another conversation is shown
 */
export function createThreads(
  kept: KeptConversations,
  place: HTMLElement,
  enter: (conversation: Conversation, turns: HTMLElement, watched: boolean) => Thread,
  changed: () => void,
): Threads {
  const entered = new Set<Entered>()
  let shown = make(kept.current())
  place.append(shown.turns)

  function make(conversation: Conversation, watched = false): Entered {
    const turns = document.createElement('div')
    turns.className = 'turns'
    const made = { thread: enter(conversation, turns, watched), turns }
    entered.add(made)
    return made
  }

  /** Removes threads that are neither shown nor receiving an answer: they can be loaded again. */
  function tidy(): void {
    for (const one of entered) {
      if (one === shown || one.thread.busy) continue
      one.thread.leave()
      entered.delete(one)
    }
  }

  const find = (id: string) => [...entered].find(({ thread }) => thread.conversation.id === id)

  function put(next: Entered): void {
    shown.turns.replaceWith(next.turns)
    shown = next
    tidy()
    changed()
  }

  return {
    get shown() {
      return shown.thread
    },
    show(id) {
      const conversation = kept.open(id)
      const next = find(id) ?? (conversation && make(conversation))
      if (next && next !== shown) put(next)
    },
    begin: () => put(make(kept.start())),
    refresh(from) {
      const conversation = kept.current()
      if (conversation === shown.thread.conversation) return
      // The new thread continues to read the answer, if any.
      shown.thread.leave()
      put(make(conversation, from === 'tab'))
    },
    remove(id) {
      const gone = find(id)
      gone?.thread.discard()
      kept.remove(id)
      if (gone === shown) put(make(kept.current()))
      else if (gone) entered.delete(gone)
    },
    leave() {
      for (const { thread, turns } of entered) {
        thread.leave()
        turns.remove()
      }
      entered.clear()
    },
  }
}
