/**
 * Stands before a Worker like Cloudflare's network, as far as tests need it: it adds each call's address.
 */
import { type Front, startFront } from './front.ts'

/**
 * Gives each call an address of its own, because one address may open only so many sessions and ask only so
 * fast. A page can't set `cf-connecting-ip` itself: a preflight would have to allow that header.
 *
 * @param worker the Worker's address, without a slash at its end
 */
export function startEdge(worker: string): Promise<Front> {
  let calls = 0
  return startFront(worker, {
    headersOf({ headers }) {
      calls++
      return { ...headers, 'cf-connecting-ip': `10.7.${(calls >> 8) & 255}.${calls & 255}` }
    },
  })
}
