/** Env → the parts that a request needs, by the configuration. */

import type { Parts } from '../http/context.ts'
import { chooseModeration, chooseUpstream } from '../upstreams/choose.ts'
import { createAddressNames } from '../visitors/address.ts'
import { createSessions } from '../visitors/session.ts'
import { turnstile } from '../visitors/turnstile.ts'
import { readConfig, type Vars } from './config.ts'

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
