/** `POST /v1/embeddings`. Its answer is vectors, so it costs its input alone. */
import { either, is, list, model, type Shape } from '../shape.ts'
import type { PassedFormat } from './passed-format.ts'
import { questionOf, wrongField } from './question.ts'

type Input = string | readonly number[]

const isTokens = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger)

const WORDS = 'text, a list of token numbers, or a list of these'
const one = is(WORDS, (it) => isTokens(it) || (typeof it === 'string' && it !== ''))
const some: Shape = (value, param) =>
  Array.isArray(value) && value.length > 0 ? list(one)(value, param) : { param, right: WORDS }
const READ = { model, input: either(WORDS, one, some) }

export const EMBEDDINGS: PassedFormat = {
  name: 'embeddings',
  path: '/embeddings',
  read(fields) {
    const wrong = wrongField(fields, ['model', 'input'], READ)
    if (wrong !== undefined) return wrong
    const { model, input } = fields as { model: string; input: Input | readonly Input[] }
    const inputs = typeof input === 'string' || isTokens(input) ? [input] : (input as readonly Input[])
    const given = inputs.filter(isTokens)
    return questionOf({
      model,
      promptField: 'input',
      texts: inputs.filter((it) => typeof it === 'string'),
      beside: given.reduce((sum, { length }) => sum + length, 0),
      // Words could be hidden from the moderation as token numbers.
      ...(given.length > 0 && { unjudged: 'input' }),
      events: undefined,
      mostOutputTokens: () => 0,
    })
  },
}
