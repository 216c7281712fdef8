/** How the caller of a kept answer asks: a refusal that does not come whole is asked for again. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { makeCall } from './call.ts'
import { type PlannedCall, ROUTES } from './plan.ts'

const REFUSAL = JSON.stringify({ error: { message: 'No.', type: 'a', param: null, code: 'chaos_refused' } })
/** Of the first answers. */
const PART = REFUSAL.slice(0, 20)

const server = createServer()
afterEach(() => {
  server.closeAllConnections()
  server.close()
  server.removeAllListeners('request')
})

function planned(own: Partial<PlannedCall>): PlannedCall {
  const route = ROUTES.find(({ name }) => name === '/v1/streams')
  if (route === undefined) throw new TypeError('No such route.')
  return {
    ...{ name: 'chaos-0-0', atMs: 0, route, caller: 0, way: 'refuses with 422', words: [], hiddenTokens: 0 },
    ...{ gapMs: 0, breaksAt: 0, near: undefined, far: undefined, reader: { kind: 'reads it' }, ...own },
  }
}

test.each<[string, 'break' | 'hang' | 'end', Partial<PlannedCall>]>([
  ['breaks', 'break', {}],
  ['falls silent', 'hang', { near: { kind: 'silence', after: 20 } }],
  ['is left by its reader', 'end', { reader: { kind: 'comes back', after: 5, times: 3 } }],
])('a refusal that %s is read whole by the next request', async (_, how, own) => {
  let asked = 0
  server.on('request', (_, response) => {
    response.writeHead(422, { 'content-type': 'application/json', 'content-length': REFUSAL.length })
    if (++asked > 1 || how === 'end') response.end(REFUSAL)
    else response.write(PART, () => how === 'break' && response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { seen } = await makeCall(
    planned(own),
    { name: 'key:a', isVisitor: false, headers: {} },
    // The wait for a silent connection is shorter here.
    { url: `http://127.0.0.1:${port}`, pulse: { patience: (ms) => AbortSignal.timeout(ms / 10) } },
  )
  expect(seen).toMatchObject({ status: 422, how: 'whole' })
  expect(seen.body.toString()).toBe(REFUSAL)
  expect(asked).toBe(2)
})
