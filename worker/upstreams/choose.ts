/** The configured upstream, and the moderation that judges questions and answers. */
import type { Config } from '../config/config.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { demo } from './demo.ts'
import { demoJudge } from './demo-judge.ts'
import { moderations } from './moderations.ts'
import { openai } from './openai.ts'
import type { Upstream } from './upstream.ts'

export function chooseUpstream(config: Config['upstream']): Upstream {
  return config.kind === 'demo' ? demo(config) : openai(config)
}

/** Make one for all calls: they share its backoff. */
export function chooseModeration({ api, ...how }: Config['moderation']): Moderating {
  return { ...how, judge: api === undefined ? demoJudge : moderations(api) }
}
