/** The configured upstream. */
import type { Config } from '../config.ts'
import { demo } from './demo.ts'
import { openai } from './openai.ts'
import type { Upstream } from './upstream.ts'

export function chooseUpstream(config: Config['upstream']): Upstream {
  return config.kind === 'demo' ? demo(config) : openai(config)
}
