/** A Worker in front of an upstream of its own, for all the tests of a file. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startMillrace } from './millrace.ts'
import { started } from './started.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** The Worker's key at the upstream. It must never reach a caller or a log. */
export const UPSTREAM_KEY = 'sk-test-4mF0kXq9upstreamOnly'

export interface House {
  /** The Worker's address, without a slash at the end. */
  readonly url: string
  /** The Worker's log, one line a request. */
  readonly logs: Record<string, unknown>[]
  readonly upstream: Upstream
}

/**
 * Starts both before the first test of a file and stops both after its last. After each test the upstream
 * forgets its calls and scripts.
 *
 * @param vars configuration of the Worker, beside the upstream's address and key; a function if it names the
 *   upstream
 * @example
 *   const house = useHouse({ MODELS: 'gpt-test' })
 *   test('…', async () => { await fetch(`${house.url}/healthz`) })
 */
export function useHouse(
  vars: Record<string, string> | ((upstream: Upstream) => Record<string, string>) = {},
): House {
  let upstream: Upstream | undefined
  let millrace: Awaited<ReturnType<typeof startMillrace>> | undefined
  beforeAll(async () => {
    upstream = await startUpstream()
    millrace = await startMillrace({
      OPENAI_BASE_URL: `${upstream.url}/v1`,
      OPENAI_API_KEY: UPSTREAM_KEY,
      ...(typeof vars === 'function' ? vars(upstream) : vars),
    })
  })
  // `onTestFinished`, because vitest skips the remaining `afterEach` hooks once one has failed (as when a
  // page has logged an error). The next test would then find this test's calls.
  beforeEach(({ onTestFinished }) => onTestFinished(() => upstream?.clear()))
  afterAll(async () => {
    await millrace?.stop()
    await upstream?.stop()
  })
  return {
    get url() {
      return started(millrace).url
    },
    get logs() {
      return started(millrace).logs
    },
    get upstream() {
      return started(upstream)
    },
  }
}
