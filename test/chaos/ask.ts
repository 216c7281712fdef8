/** One request of a caller under chaos, and all that it sees of the answer. */
import { type IncomingMessage, request } from 'node:http'

export interface Asking {
  url: string
  method?: string
  headers: Record<string, string>
  body?: string
  /** Called with each piece. Its promise holds up the reading; `leave` ends it. */
  onBytes?(bytes: Buffer, soFar: number): Promise<void> | 'leave' | undefined
  /** Aborts when the caller has waited long enough. */
  patience: AbortSignal
}

export interface Seen {
  /** `undefined`: there was no answer. */
  status: number | undefined
  headers: Record<string, string>
  body: Buffer
  /**
   * `whole`: the connection says that all came. `broken`: it broke. `left`: this caller left. `gave up`: nothing
   * more came for too long.
   */
  how: 'whole' | 'broken' | 'left' | 'gave up'
}

/** Asks on a connection of its own. Never rejects. */
export function ask({ url, method = 'POST', headers, body, onBytes, patience }: Asking): Promise<Seen> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let response: IncomingMessage | undefined
    let bytes = 0

    function end(how: Seen['how']): void {
      patience.removeEventListener('abort', giveUp)
      resolve({
        status: response?.statusCode,
        headers: Object.fromEntries(
          Object.entries(response?.headers ?? {}).map(([name, value]) => [name, String(value)]),
        ),
        body: Buffer.concat(parts),
        how,
      })
      asked.destroy()
    }
    const giveUp = () => end('gave up')

    const asked = request(url, { method, headers, agent: false })
    asked.on('error', () => end('broken'))
    asked.on('response', (answer) => {
      response = answer
      answer.on('error', () => end('broken'))
      answer.on('close', () => end(answer.complete ? 'whole' : 'broken'))
      answer.on('data', (piece: Buffer) => {
        parts.push(piece)
        bytes += piece.length
        const wish = onBytes?.(piece, bytes)
        if (wish === 'leave') end('left')
        else if (wish !== undefined) {
          answer.pause()
          void wish.then(() => answer.resume())
        }
      })
    })
    if (patience.aborted) giveUp()
    patience.addEventListener('abort', giveUp)
    asked.end(body)
  })
}
