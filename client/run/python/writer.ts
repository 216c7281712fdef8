/** Sends what a program writes: each line at once, unless there are very many. */

type Kind = 'out' | 'error'

/** Messages in a second. More lines go together: a message each would cost more than the program. */
const MESSAGES_A_SECOND = 100

export interface Writer {
  write(kind: Kind, text: string): void
  flush(): void
}

/**
 * @param most of all characters. One more is sent, by which the reader knows that there are more
 * @param now the time in milliseconds
 */
export function createWriter(
  send: (kind: Kind, text: string) => void,
  most: number,
  now: () => number = () => performance.now(),
): Writer {
  let waiting = ''
  let waitingKind: Kind = 'out'
  let left = most + 1
  let second = 0
  let sent = 0

  function flush(): void {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    sent++
    send(waitingKind, text)
  }

  return {
    write(kind, text) {
      if (kind !== waitingKind) flush()
      waitingKind = kind
      const taken = text.slice(0, left)
      left -= taken.length
      waiting += taken
      if (now() - second >= 1000) {
        second = now()
        sent = 0
      }
      const isMuch = waiting.length > most / MESSAGES_A_SECOND || left === 0
      // The empty text says that the program waits.
      if (sent < MESSAGES_A_SECOND || isMuch || text === '') flush()
    },
    flush,
  }
}
