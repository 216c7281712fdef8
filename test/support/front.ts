/** An HTTP server that stands before a Worker and forwards each call, as it is or changed. */
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'

export interface Front {
  /** Without a slash at its end. */
  url: string
  stop(): void
}

export interface Changes {
  /** @returns whether it has answered, so that the Worker is not asked */
  answer?(incoming: IncomingMessage, response: ServerResponse): boolean
  /** The headers with which a call goes on. */
  headersOf?(incoming: IncomingMessage): IncomingHttpHeaders
  /** Changes the headers of the Worker's answer. */
  changeHeaders?(headers: IncomingHttpHeaders, incoming: IncomingMessage): void
}

/** @param worker the Worker's address, without a slash at its end */
export async function startFront(
  worker: string,
  { answer: answerHere, headersOf = ({ headers }) => headers, changeHeaders }: Changes,
): Promise<Front> {
  const agent = new Agent({ keepAlive: true })
  const server = createServer((incoming, response) => {
    if (answerHere?.(incoming, response)) return
    const { method, url } = incoming
    const headers = headersOf(incoming)
    const forwarded = request(`${worker}${url}`, { method, headers, agent }, (answer) => {
      changeHeaders?.(answer.headers, incoming)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => void (response.writableFinished || forwarded.destroy()))
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    stop() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
    },
  }
}
