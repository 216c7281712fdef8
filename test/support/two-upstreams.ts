/**
 * A Worker in front of two upstreams, for tests of how one takes the other's place. Which upstreams rest is
 * known by their names, so each test has names of its own for the same two servers.
 */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Millrace, startMillrace } from './millrace.ts'
import { started } from './started.ts'
import { startUpstream, type Upstream } from './upstream.ts'

export const KEYS = { first: 'key-of-the-first-9f2c', second: 'key-of-the-second-4b7d' }

export interface TwoUpstreams {
  readonly url: string
  readonly logs: Millrace['logs']
  readonly first: Upstream
  readonly second: Upstream
  /** A model that is asked for at upstreams which no test has asked before. */
  fresh(): { model: string; first: string; second: string }
}

interface Options {
  /** How many tests there are at most. */
  most?: number
  /** Of each route's first step, such as `@300ms`. */
  step?: string
  vars?: Record<string, string>
}

export function useTwoUpstreams({ most = 100, step = '', vars = {} }: Options = {}): TwoUpstreams {
  let servers: { first: Upstream; second: Upstream } | undefined
  let millrace: Millrace | undefined
  let made = 0
  beforeAll(async () => {
    const [first, second] = await Promise.all([startUpstream(), startUpstream()])
    servers = { first, second }
    const numbers = Array.from({ length: most }, (_, n) => n)
    const keysOf = (n: number) => ({
      [`UPSTREAM_KEY_FIRST${n}`]: KEYS.first,
      [`UPSTREAM_KEY_SECOND${n}`]: KEYS.second,
    })
    millrace = await startMillrace({
      UPSTREAMS: numbers.map((n) => `first${n}=${first.url}/v1, second${n}=${second.url}/v1`).join(),
      MODEL_ROUTES: numbers.map((n) => `m${n} = first${n}/theirs ${step}, second${n}`).join('; '),
      ...Object.assign({}, ...numbers.map(keysOf)),
      ...vars,
    })
  })
  beforeEach(({ onTestFinished }) =>
    onTestFinished(async () => {
      await servers?.first.clear()
      await servers?.second.clear()
    }),
  )
  afterAll(async () => {
    await millrace?.stop()
    await servers?.first.stop()
    await servers?.second.stop()
  })
  return {
    get url() {
      return started(millrace).url
    },
    get logs() {
      return started(millrace).logs
    },
    get first() {
      return started(servers).first
    },
    get second() {
      return started(servers).second
    },
    fresh() {
      if (made === most) throw new RangeError('More tests than names.')
      const n = made++
      return { model: `m${n}`, first: `first${n}`, second: `second${n}` }
    },
  }
}
