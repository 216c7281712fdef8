/** Which of an upstream's words are passed on, when it reports an error: to a caller, and to the log. */
import type { Secrets } from '../config/secrets.ts'
import { type ErrorCode, ownError } from '../errors.ts'
import { MAX_LOGGED_WORDS_CHARS, MAX_SEARCHED_BYTES, QUOTED_STRETCH_CHARS } from '../limits.ts'
import type { WireError } from '../protocol/wire.ts'
import { createClean } from './clean.ts'
import { createStretches } from './stretches.ts'

export interface UpstreamWords {
  /** Whether other words than an answer's pass at all. */
  readonly pass: boolean
  /** @param code of the error that the upstream's words go into */
  error(upstream: WireError, code: ErrorCode): WireError
  /** The same where the upstream speaks about this Worker: its key, its bill, or what failed. */
  ownError(upstream: WireError, code: ErrorCode): WireError
  /** Whether a header's value may be passed on. */
  header(value: string): boolean
  /** For the log: the error's code, or else its type, if it has the form of one. */
  code(upstream: WireError): string | undefined
  /**
   * For the log: what the upstream says about this Worker's account.
   *
   * @param question the body that was sent, of which nothing may be logged
   */
  logged(upstream: WireError, question: Uint8Array | undefined): string | undefined
}

/**
 * - Keys are a developer's, who needs the upstream's words: they get them cleaned.
 * - On one's own machine the caller is the owner, who also gets what is said about the account.
 * - Visitors get Millrace's own words with the upstream's code and param, if these have such a form. What an
 *   upstream says to the site's owner may quote the system prompt, or anything.
 */
export function createWords(secrets: Secrets): Record<'forOwner' | 'forKeys' | 'forVisitors', UpstreamWords> {
  const { clean, isFree: header } = createClean(secrets)
  const inForm = (text: string | null, form: RegExp) =>
    text !== null && form.test(text) && clean(text) === text ? text : undefined
  const shared = {
    header,
    ownError: (_: WireError, own: ErrorCode) => ownError(own),
    code: ({ code, type }: WireError) => inForm(code, CODE) ?? inForm(type, CODE),
    logged({ message }: WireError, question: Uint8Array | undefined) {
      const words = clean(message)?.replace(/\s+/g, ' ').trim().slice(0, MAX_LOGGED_WORDS_CHARS)
      return words && !quotes(words, question) ? words : undefined
    },
  }
  const forKeys: UpstreamWords = {
    ...shared,
    pass: true,
    error({ message, type, param, code }, own) {
      const ours = ownError(own)
      return {
        message: clean(message) ?? ours.message,
        type: clean(type) ?? ours.type,
        param: param === null ? null : (clean(param) ?? null),
        code: code === null ? null : (clean(code) ?? ours.code),
      }
    },
  }
  return {
    forKeys,
    forOwner: {
      ...forKeys,
      ownError(upstream, own) {
        const ours = ownError(own)
        const words = clean(upstream.message)
        const code = shared.code(upstream)
        return { ...ours, message: [ours.message, code && `(${code})`, words].filter(Boolean).join(' ') }
      },
    },
    forVisitors: {
      ...shared,
      pass: false,
      error({ param, code }, own) {
        const ours = ownError(own)
        return { ...ours, param: inForm(param, PARAM) ?? null, code: inForm(code, CODE) ?? ours.code }
      },
    },
  }
}

/** Whether words repeat a part of what was asked. A body that is too long to be searched counts as quoted. */
function quotes(words: string, question: Uint8Array | undefined): boolean {
  if (question === undefined) return false
  if (question.byteLength > MAX_SEARCHED_BYTES) return true
  const text = new TextDecoder().decode(question)
  return createStretches([{ text: words, run: QUOTED_STRETCH_CHARS }])(text)
}

/** `context_length_exceeded` */
const CODE = /^\w{1,64}$/

/** `messages[0].content`, `messages.0.content` */
const PARAM = /^[a-z_]\w{0,63}(?:\.\w{1,64}|\[\d{1,6}\]){0,8}$/i
