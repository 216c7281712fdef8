/** The upstream's headers that reach the caller: a list of what may pass, and in which form. */
import { UPSTREAM } from '../protocol/wire.ts'
import type { Asker } from './refusal.ts'

/** Ids, counts, durations and times: no sentence has this form. */
const TOKEN = /^[\w.:+/=-]{1,128}$/
/** [spec] RFC 9110, 10.2.3: seconds, or a date. */
const DATE = /^[\w:, ]{1,32}$/
const COUNT = /^\d{1,15}$/
/** `6m0s`, `1.5s`, `20ms`; a bare number is in seconds, as Azure writes it. */
const DURATION = /^(?:\d{1,6}(?:\.\d{1,9})?(?:ms|us|[dhms])){1,5}$|^\d{1,9}(?:\.\d{1,9})?$/

/**
 * What OpenAI's SDKs and dashboards act on. Source: OpenAI's guide on rate limits, "Rate limits in headers".
 * [wire] `input-images` comes with calls that have pictures.
 */
const FORMS: Readonly<Record<string, RegExp>> = {
  'retry-after': DATE,
  'retry-after-ms': TOKEN,
  'x-should-retry': TOKEN,
  'x-request-id': TOKEN,
  ...Object.fromEntries(
    ['requests', 'tokens', 'project-tokens', 'input-images'].flatMap((what) => [
      [`x-ratelimit-limit-${what}`, COUNT],
      [`x-ratelimit-remaining-${what}`, COUNT],
      [`x-ratelimit-reset-${what}`, DURATION],
    ]),
  ),
}

/**
 * @param asker its words say which values may pass
 * @returns the headers of the list, and the upstream's name, if it has one: no cookies, organisation, host or
 *   cache headers
 */
export function passedHeaders(
  upstream: Headers,
  { words, upstream: { name: ownName } }: Pick<Asker, 'words' | 'upstream'>,
): Record<string, string> {
  const passed: Record<string, string> = ownName === undefined ? {} : { [UPSTREAM]: ownName }
  for (const [name, form] of Object.entries(FORMS)) {
    const value = upstream.get(name)
    if (value !== null && form.test(value) && words.header(value)) passed[name] = value
  }
  return passed
}
