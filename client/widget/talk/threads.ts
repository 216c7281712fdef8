/** The conversation that is shown, and those whose answer is still to come while another one is looked at. */
import type { Conversation } from './conversation.ts'
import type { KeptConversations } from './kept-conversations.ts'
import type { Thread } from './thread.ts'

export interface Threads {
  readonly shown: Thread
  /** Goes on with one that is kept. */
  show(id: string): void
  /** Begins a new one. */
  begin(): void
  /**
   * Shows the current one as another page has left it, or as another tab has it now. What is shown here, and is the same,
   * is not touched.
   */
  refresh(from: 'page' | 'tab'): void
  /** Deletes it, and stops its answer. */
  remove(id: string): void
  /** Reads no more; on the server, answers go on. */
  leave(): void
}

interface Entered {
  thread: Thread
  turns: HTMLElement
}

/**
 * @param place where the turns of the one that is shown are
 * @param enter makes a thread, whose turns go into this element; `watched`: as another tab has it now
 * @param changed told when another one is shown
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

  /** One whose answer still comes goes on behind what is shown; any other can be had again from where it is kept. */
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
      // What it reads, if it does, is read on by the one that takes its place.
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
