/** All that chaos is played with: a Worker, an upstream, and a faulty network on both sides of the Worker. */

import { type FaultyNetwork, startFaultyNetwork } from '../support/faulty-network.ts'
import { PAGE } from '../support/gate.ts'
import { type Call, startUpstream, type Upstream } from '../support/upstream.ts'
import { usageOf } from './bill.ts'
import { type Deployment, startDeployment } from './deployment.ts'
import type { PlannedCall } from './plan.ts'
import { type Pulse, startPulse } from './pulse.ts'
import { WAYS, type Way } from './upstreams.ts'

export interface ChaosHouse {
  /** The Worker's configuration for a round. */
  settings: Settings
  deployment: Deployment
  upstream: Upstream
  /** Between callers and the Worker. */
  near: FaultyNetwork
  /** How late the machine is, and waits that go by it. */
  pulse: Pulse
  /** Has the upstream and the networks answer these calls as planned. */
  expect(calls: readonly PlannedCall[]): void
  /** What the upstream was asked for a call. */
  attemptsOf(name: string): readonly Call[]
  /** The names of the calls whose answer from upstream has not ended. */
  readonly openUpstream: ReadonlySet<string>
  stop(): Promise<void>
}

/** Short, so that a round of chaos is. */
export const DEADLINES_MS = { connect: 2_500, firstByte: 2_500, silence: 2_500, total: 7_000 }
const KEPT_MS = 5 * 60_000
const ABANDONED_MS = 10_000

/** @param far the address of the upstream as the Worker knows it */
const settingsFor = (far: string): Record<string, string> => ({
  OPENAI_BASE_URL: `${far}/v1`,
  OPENAI_API_KEY: 'sk-chaos-upstream-key',
  SESSION_SECRET: 'a secret of more than thirty-two characters',
  ALLOWED_ORIGINS: PAGE,
  CONNECT_TIMEOUT_MS: String(DEADLINES_MS.connect),
  FIRST_BYTE_TIMEOUT_MS: String(DEADLINES_MS.firstByte),
  SILENCE_TIMEOUT_MS: String(DEADLINES_MS.silence),
  TOTAL_TIMEOUT_MS: String(DEADLINES_MS.total),
  STREAM_KEEP_MS: String(KEPT_MS),
  STREAM_ABANDONED_MS: String(ABANDONED_MS),
  VISITOR_CONCURRENCY: '8',
  VISITOR_DAILY_TOKENS: '1000000',
})

const LIMITS = { KEY_DAILY_TOKENS: '10000000', TOTAL_DAILY_TOKENS: '100000000' }

type Settings = (own: { hasLimits: boolean; ACCESS_KEYS: string }) => Record<string, string>

/** @param ahead the Worker's clock, in milliseconds */
export async function startHouse(ahead: number): Promise<ChaosHouse> {
  const planned = new Map<string, PlannedCall>()
  const asked = new Map<string, Call[]>()
  const openUpstream = new Set<string>()
  const upstream = await startUpstream()
  // The first connection and the first attempt have the fault; what follows a break is not to break for ever.
  const faultOnce = (side: 'near' | 'far') => {
    const had = new Set<string>()
    return (name: string) => {
      if (had.has(name)) return undefined
      had.add(name)
      return planned.get(name)?.[side]
    }
  }
  const port = Number(new URL(upstream.url).port)
  const far = await startFaultyNetwork(() => port, /(chaos-\d+-\d+): /, faultOnce('far'))
  const settings: Settings = ({ hasLimits, ACCESS_KEYS }) => ({
    ...settingsFor(far.url),
    ACCESS_KEYS,
    ...(hasLimits && LIMITS),
  })
  const deployment = await startDeployment(settings({ hasLimits: false, ACCESS_KEYS: '' }), ahead)
  const near = await startFaultyNetwork(() => deployment.port, /x-chaos: (chaos-\d+-\d+)/i, faultOnce('near'))
  const pulse = await startPulse(near.url)

  return {
    deployment,
    upstream,
    near,
    pulse,
    settings,
    expect(calls) {
      planned.clear()
      asked.clear()
      for (const call of calls) planned.set(call.name, call)
      upstream.when((call) => {
        const name = /chaos-\d+-\d+/.exec(call.body.toString())?.[0] ?? ''
        const plan = planned.get(name)
        if (plan === undefined) return undefined
        const attempts = asked.get(name) ?? []
        asked.set(name, [...attempts, call])
        openUpstream.add(name)
        void call.over.then(() => openUpstream.delete(name))
        const way: Way = WAYS[plan.way]
        const material = {
          format: plan.route.format,
          words: plan.words,
          usage: usageOf(plan),
          asksForUsage: JSON.stringify(call.request.stream_options ?? {}).includes('include_usage'),
          gapMs: plan.gapMs,
          breaksAt: plan.breaksAt,
        }
        return call.request.stream === true
          ? way.streamed(material, attempts.length)
          : way.unstreamed(material, attempts.length)
      })
    },
    openUpstream,
    attemptsOf: (name) => asked.get(name) ?? [],
    async stop() {
      await pulse.stop()
      near.stop()
      far.stop()
      await deployment.stop()
      await upstream.stop()
    },
  }
}
