/** What the requests of these endpoints have in common: some fields that are read, and a prompt of texts. */
import { ApiError } from '../../errors.ts'
import type { TextCounter } from '../format.ts'
import { misshapen, object, type Shape } from '../shape.ts'
import { misspelled } from '../spelling.ts'
import type { PassedQuestion } from './passed-format.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * @param needed the fields that must be there
 * @param read the shapes of these, and of all others that are read
 */
export function wrongField(fields: Fields, needed: readonly string[], read: Readonly<Record<string, Shape>>) {
  const missing = needed.find((name) => fields[name] == null)
  return (
    misspelled(fields, { names: new Set(Object.keys(read)), within: [] }) ??
    misshapen(object(read), fields) ??
    (missing === undefined
      ? undefined
      : new ApiError('invalid_parameter', { message: `\`${missing}\` is missing.`, param: missing }))
  )
}

interface Asked extends Omit<PassedQuestion, 'promptTokens' | 'mostPromptTokens' | 'judgedTexts'> {
  /** All that the model reads as text. */
  texts: readonly string[]
  /** Tokens of the prompt that isn't text. */
  beside?: number
}

export function questionOf({ texts, beside = 0, ...asked }: Asked): PassedQuestion {
  const promptTokens = (_model: string, counter: TextCounter) =>
    texts.reduce((sum, text) => sum + counter.count(text), beside)
  // Together: 2,000 inputs of a few words each are a few calls to the moderation, not hundreds.
  const judgedTexts = () => (texts.length > 0 ? [texts.join('\n')] : [])
  return { ...asked, promptTokens, mostPromptTokens: promptTokens, judgedTexts }
}
