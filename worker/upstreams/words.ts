/** Which of an upstream's words a caller may read, when the upstream reports an error. */
import type { Secrets } from '../config/secrets.ts'
import { type ErrorCode, ownError } from '../errors.ts'
import type { WireError } from '../protocol/wire.ts'
import { createClean } from './clean.ts'

export interface UpstreamWords {
  /** Whether other words than an answer's pass at all. */
  readonly pass: boolean
  /** @param code of the error that the upstream's words go into */
  error(upstream: WireError, code: ErrorCode): WireError
  /** Whether a header's value may be passed on. */
  header(value: string): boolean
}

/**
 * - Keys are a developer's, who needs the upstream's words: they get them cleaned.
 * - Visitors get Millrace's own words with the upstream's code and param, if these have such a form. What an
 *   upstream says to the site's owner may quote the system prompt, or anything.
 */
export function createWords(secrets: Secrets): Record<'forKeys' | 'forVisitors', UpstreamWords> {
  const { clean, isFree: header } = createClean(secrets)
  const inForm = (text: string | null, form: RegExp) =>
    text !== null && form.test(text) && clean(text) === text ? text : null
  return {
    forKeys: {
      pass: true,
      header,
      error({ message, type, param, code }, own) {
        const ours = ownError(own)
        return {
          message: clean(message) ?? ours.message,
          type: clean(type) ?? ours.type,
          param: param === null ? null : (clean(param) ?? null),
          code: code === null ? null : (clean(code) ?? ours.code),
        }
      },
    },
    forVisitors: {
      pass: false,
      header,
      error({ param, code }, own) {
        const ours = ownError(own)
        return { ...ours, param: inForm(param, PARAM), code: inForm(code, CODE) ?? ours.code }
      },
    },
  }
}

/** `context_length_exceeded` */
const CODE = /^\w{1,64}$/

/** `messages[0].content`, `messages.0.content` */
const PARAM = /^[a-z_]\w{0,63}(?:\.\w{1,64}|\[\d{1,6}\]){0,8}$/i
