/** The upstream of these cases as a real server. */
import { once } from 'node:events'
import { cut, end, type Reply, reset, send } from '../support/script.ts'
import { json, streamHead } from '../support/scripts.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createPlannedUpstream, type Outlet } from './plan.ts'

export async function startPlannedUpstream(): Promise<Upstream> {
  const answer = createPlannedUpstream()
  const upstream = await startUpstream()
  upstream.when(({ request }) =>
    'plan' in request || 'control' in request ? (reply) => answer(request, toOutlet(reply)) : undefined,
  )
  return upstream
}

function toOutlet(reply: Reply): Outlet {
  const { response, signal } = reply
  const left = once(signal, 'abort')
  return {
    async send(text) {
      if (!response.headersSent) await streamHead()(reply)
      // Of a write that the other side's leaving overtakes, Node never says that it is over.
      await Promise.race([send(text)(reply), left])
    },
    // Told not to try again, the Worker passes a refusal on at once.
    json: (value, status) => void json(value, { status, headers: { 'x-should-retry': 'false' } })(reply),
    breakOff: (how) => void { close: cut, reset }[how](reply),
    end: () => void end(reply),
    left: () => signal.aborted,
  }
}
