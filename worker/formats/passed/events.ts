/**
 * Streams whose events say their `type`, as those of transcriptions and pictures do. One type ends an answer,
 * and so does `[DONE]`, which some upstreams send after it or in place of it.
 */
import { errorIn, toWireError } from '../../protocol/error-envelope.ts'
import { isRecord, parseJson } from '../../protocol/json.ts'
import type { AnswerEvent, EventReader, FollowedFormat } from '../answer-format.ts'
import { completeWithError } from '../complete-with-error.ts'
import { dataOf } from '../unfinished.ts'

/**
 * @param end the type of an answer's last event
 * @param ends how many of these come: one for each picture
 */
export function eventsUntil(end: string, ends = 1): FollowedFormat {
  function reader(): EventReader {
    let left = ends
    return {
      read({ data, event }): AnswerEvent {
        const value = parseJson(data)
        const { type, ...members } = isRecord(value) ? value : {}
        const plain = { data, texts: [], finished: [], usageAlone: false }
        if (data.trim() === '[DONE]') return { ...plain, kind: 'done' }
        const error = errorIn(members)
        if (error !== undefined || type === 'error' || event === 'error') {
          return { ...plain, kind: 'error', error: toWireError(error ?? (isRecord(value) ? members : data)) }
        }
        if (value === undefined) return { ...plain, kind: 'invalid' }
        const content = CONTENT.map((name) => members[name]).find((it) => typeof it === 'string' && it !== '')
        const texts = content === undefined ? [] : [{ ...PIECE, text: String(content) }]
        const isEnd = type === end && --left <= 0
        return isEnd ? { ...plain, texts, kind: 'done', finished: [0] } : { ...plain, texts, kind: 'chunk' }
      },
      isLargeEnd: (beginning) => beginning.includes(`"${end}"`) && --left <= 0,
    }
  }
  return {
    reader,
    completeCut: ({ unfinished }, envelope) => completeWithError(unfinished, envelope),
    isUnterminatedEnd: (unfinished) =>
      reader().read({ data: dataOf(unfinished)?.text ?? '' }).kind === 'done',
    mayEnd: (text) => text.includes(end) || /error|\[DONE\]/.test(text),
  }
}

/** The members that hold a part of the answer: of a transcript's events, and of a picture's. */
const CONTENT = ['delta', 'text', 'b64_json']
const PIECE = { choice: 0, kind: 'content', key: '', repeats: false } as const
