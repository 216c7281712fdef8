/** The configured upstream, and who judges what passes between it and its readers. */
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

/** To be made once, not for each call: it leaves a service that fails alone for a while, whoever asks. */
export function chooseModeration({ api, ...how }: Config['moderation']): Moderating {
  return { ...how, judge: api === undefined ? demoJudge : moderations(api) }
}
