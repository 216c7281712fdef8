/** Starts the upstream's process, and asks it when it sent each token. */
import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface Upstream {
  /** OpenAI's base URL, without a slash at its end. */
  url: string
  /** When each token of each stream since the last call was sent, on the clock of clock.ts. */
  sent(): Promise<Map<number, number[]>>
  stop(): void
}

export async function startUpstream(): Promise<Upstream> {
  const child = fork(`${import.meta.dirname}/upstream-process.ts`, { serialization: 'advanced' })
  const [{ port }] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async sent() {
      const answer = once(child, 'message')
      child.send('sent?')
      const [{ sent }] = await answer
      return sent
    },
    stop: () => child.disconnect(),
  }
}
