/** An answer whose words come when the test says so. */
import { expect } from 'vitest'
import { end, type Script, send } from './script.ts'
import { streamHead } from './scripts.ts'
import { DONE_EVENT, delta, finish, role } from './sse.ts'

export interface FedAnswer {
  /** Queue it at the upstream, before or after it is fed. */
  script: Script
  /** Sends each text as a delta. */
  say(...texts: string[]): void
  /** Sends the rest of a whole answer. */
  end(): void
}

/**
 * @example
 *   const fed = fedAnswer('One ')
 *   upstream.next(fed.script)
 *   …the page shows "One "…
 *   fed.say('two.')
 *   fed.end()
 */
export function fedAnswer(...texts: string[]): FedAnswer {
  const steps: Script[] = [streamHead(), send(role(), ...texts.map(delta))]
  let fed = Promise.withResolvers<void>()
  let ended = false
  const feed = (...more: Script[]) => {
    steps.push(...more)
    fed.resolve()
    fed = Promise.withResolvers()
  }
  return {
    async script(reply) {
      const gone = new Promise<void>((resolve) => reply.signal.addEventListener('abort', () => resolve()))
      for (let at = 0; !reply.signal.aborted; at++) {
        while (at === steps.length && !ended && !reply.signal.aborted) await Promise.race([fed.promise, gone])
        if (at === steps.length) return
        await steps[at]?.(reply)
      }
    },
    say: (...more) => feed(send(...more.map(delta))),
    end() {
      ended = true
      feed(send(finish(), DONE_EVENT), end)
    },
  }
}

/**
 * Proves streaming by order: each word is seen before the next is sent.
 *
 * @param read what the reader has so far of the answer; space at its end is of no interest
 */
export async function expectInTurn(
  { say }: Pick<FedAnswer, 'say'>,
  words: string[],
  read: () => string | Promise<string>,
): Promise<void> {
  let sent = ''
  for (const word of words) {
    say(word)
    sent += word
    await expect.poll(async () => (await read()).trimEnd()).toBe(sent.trimEnd())
  }
}
