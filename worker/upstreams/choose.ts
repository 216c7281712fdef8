/**
 * The configured upstream, what callers may read of its errors, and the moderation of questions and answers.
 */
import type { Config } from '../config/config.ts'
import { secretsOf } from '../config/secrets.ts'
import { isVisitor } from '../http/caller.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { DEMO_MODEL } from '../protocol/wire.ts'
import { counterFor } from '../tokens/packed.ts'
import { demo } from './demo.ts'
import { demoJudge } from './demo-judge.ts'
import { moderations } from './moderations.ts'
import { openai } from './openai.ts'
import type { TakeTurn } from './turns.ts'
import type { Upstream } from './upstream.ts'
import { createWords, type UpstreamWords } from './words.ts'

export function chooseUpstream(config: Config['upstream']): Upstream {
  return config.kind === 'demo' ? demo({ ...config, counter: () => counterFor(DEMO_MODEL) }) : openai(config)
}

/**
 * Make one for all calls: they share its backoff.
 * @param takeTurn what each call to the moderation API waits for
 */
export function chooseModeration({ api, ...how }: Config['moderation'], takeTurn?: TakeTurn): Moderating {
  return { ...how, judge: api === undefined ? demoJudge : moderations(api, undefined, takeTurn) }
}

/** Shared by all objects of an isolate, which have one configuration: what they look for takes memory. */
let made: { of: string; words: ReturnType<typeof createWords> } | undefined

/** @returns which of the upstream's words a caller may read, by the caller's id */
export function chooseWords(config: Config): (caller: string) => UpstreamWords {
  const secrets = secretsOf(config)
  const of = JSON.stringify(secrets)
  if (made?.of !== of) made = { of, words: createWords(secrets) }
  const { forOwner, forKeys, forVisitors } = made.words
  // Only one's own machine answers with OPEN_ACCESS (http/loopback.ts).
  const forOthers = config.openAccess ? forOwner : forKeys
  return (caller) => (isVisitor(caller) ? forVisitors : forOthers)
}
