/** Env → the parts that a request needs, by the configuration. */
import { readConfig, type Vars } from './config.ts'
import { createAddressNames } from './guard/address.ts'
import { createSessions } from './guard/session.ts'
import { turnstile } from './guard/turnstile.ts'
import type { Parts } from './routes/context.ts'
import { chooseModeration, chooseUpstream } from './upstream/choose.ts'

/** @throws {ConfigError} naming the first variable with a wrong value */
export function createParts(vars: Vars): Parts {
  const config = readConfig(vars)
  const { secret, turnstile: challenge } = config.visitors
  return {
    config,
    upstream: chooseUpstream(config.upstream),
    moderation: chooseModeration(config.moderation),
    sessions: secret === undefined ? undefined : createSessions(secret),
    turnstile: challenge && turnstile(challenge),
    addressName: secret === undefined ? undefined : createAddressNames(secret),
  }
}
