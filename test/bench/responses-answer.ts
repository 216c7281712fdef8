/**
 * The same answer as the Responses API streams it. Its first events repeat the request, and its last ones the
 * whole text, four times.
 */
import { begin, complete, messageEvents, named, numbered } from '../support/responses.ts'
import { type Script, wordAt } from './answer.ts'

/** The frames before the first token. */
const FIRST = [...begin(), ...messageEvents([]).slice(0, 2)]
export const FIRST_EVENTS = numbered(FIRST).map(named).join('')

/**
 * A delta, cut open where its number and its word go: the upstream writes no JSON while the bench measures.
 */
const [BEFORE_NUMBER = '', BEFORE_WORD = '', AFTER = ''] = named(
  numbered([messageEvents(['WORD'])[2] ?? {}])[0] ?? {},
).split(/(?<="sequence_number":)0|WORD/)

export const responseEventAt = (stream: number, token: number): string =>
  `${BEFORE_NUMBER}${FIRST.length + token}${BEFORE_WORD}${wordAt(stream, token)}${AFTER}`

export function lastResponseEvents({ stream, tokens }: Script): string {
  const words = Array.from({ length: tokens }, (_, token) => wordAt(stream, token))
  const usage = {
    input_tokens: 26,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 26 + tokens,
  }
  const all = complete([...begin(), ...messageEvents(words)], { usage })
  return numbered(all)
    .slice(FIRST.length + tokens)
    .map(named)
    .join('')
}

/** The question of an answer: `background` keeps it in the caller's object. */
export const responseQuestion = (script: Script, background: boolean): string =>
  JSON.stringify({
    model: 'gpt-4o-mini',
    input: JSON.stringify(script),
    stream: true,
    ...(background && { background }),
  })
