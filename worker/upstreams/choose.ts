/**
 * The configured upstreams, what callers may read of their errors, and the moderation of questions and
 * answers.
 */
import type { Config } from '../config/config.ts'
import { secretsOf } from '../config/secrets.ts'
import { isVisitor } from '../http/caller.ts'
import { MODERATION_RETRY_BUDGET } from '../limits.ts'
import type { Judge } from '../moderation/judge.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { onceFor } from '../once-for.ts'
import { DEMO_MODEL } from '../protocol/wire.ts'
import { counterFor } from '../tokens/packed.ts'
import { demo } from './demo.ts'
import { demoJudge } from './demo-judge.ts'
import { moderations } from './moderations.ts'
import { createRests } from './rest.ts'
import { server } from './server.ts'
import type { TakeTurn } from './turns.ts'
import type { Upstreams } from './upstream.ts'
import { createWords, type UpstreamWords } from './words.ts'

/** The Worker and the objects of an isolate share what is known of upstreams that rest. */
export const chooseUpstreams = onceFor((config: Config['upstream']): Upstreams => {
  const { routes } = config
  const all =
    config.kind === 'openai'
      ? config.all.map(server)
      : config.all.map((known) => demo({ ...config, counter: () => counterFor(DEMO_MODEL) }, known))
  return { all, routes, rests: createRests() }
})

/**
 * Make one for all calls: they share its backoff.
 * @param takeTurn what each call to a moderation API waits for
 */
export function chooseModeration({ apis, ...how }: Config['moderation'], takeTurn?: TakeTurn): Moderating {
  const last = apis.length - 1
  // One before another has time for an attempt, and its backoff has it passed over then.
  const hurried = { ...MODERATION_RETRY_BUDGET, verdict: MODERATION_RETRY_BUDGET.attempt }
  const judges = apis.map((api, index) => moderations(api, index === last ? undefined : hurried, takeTurn))
  return { ...how, judge: judges.length === 0 ? demoJudge : oneAfterAnother(judges) }
}

/** Asks the next one where one has no verdict. */
function oneAfterAnother([first = demoJudge, ...others]: readonly Judge[]): Judge {
  return async (texts, options) => {
    let verdict = await first(texts, options)
    for (const judge of others) {
      if (verdict.kind !== 'unavailable' || options.signal.aborted) break
      verdict = await judge(texts, options)
    }
    return verdict
  }
}

/** Shared by all objects of an isolate: what they look for takes memory. */
const wordsOf = onceFor((config: Config) => createWords(secretsOf(config)))

/** @returns which of the upstream's words a caller may read, by the caller's id */
export function chooseWords(config: Config): (caller: string) => UpstreamWords {
  const { forOwner, forKeys, forVisitors } = wordsOf(config)
  // Only one's own machine answers with OPEN_ACCESS (http/loopback.ts).
  const forOthers = config.openAccess ? forOwner : forKeys
  return (caller) => (isVisitor(caller) ? forVisitors : forOthers)
}
