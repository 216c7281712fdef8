/**
 * Stands before a Worker like Cloudflare's network, as far as tests need it: it adds each call's address.
 */
import { Agent, createServer, request } from 'node:http'

export interface Edge {
  /** Without a slash at its end. */
  url: string
  stop(): void
}

/**
 * Gives each call an address of its own, because one address may open only so many sessions and ask only so
 * fast. A page can't set `cf-connecting-ip` itself: a preflight would have to allow that header.
 *
 * @param worker the Worker's address, without a slash at its end
 */
export async function startEdge(worker: string): Promise<Edge> {
  const agent = new Agent({ keepAlive: true })
  let calls = 0
  const server = createServer((incoming, response) => {
    calls++
    const headers = { ...incoming.headers, 'cf-connecting-ip': `10.7.${(calls >> 8) & 255}.${calls & 255}` }
    const { method, url } = incoming
    const forwarded = request(`${worker}${url}`, { method, headers, agent }, (answer) => {
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
