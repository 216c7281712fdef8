/** The configured upstream, and who judges what passes between it and its readers. */
import type { Config } from '../config.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { demo } from './demo.ts'
import { demoJudge } from './demo-judge.ts'
import { moderations } from './moderations.ts'
import { openai } from './openai.ts'
import type { Upstream } from './upstream.ts'

export function chooseUpstream(config: Config['upstream']): Upstream {
  return config.kind === 'demo' ? demo(config) : openai(config)
}

export function chooseModeration({ moderation, upstream }: Config): Moderating | undefined {
  if (moderation === undefined) return undefined
  const { input, output, unreachable, url, model } = moderation
  const judge = upstream.kind === 'demo' ? demoJudge : moderations({ url, apiKey: upstream.apiKey, model })
  return { input, output, unreachable, judge }
}
