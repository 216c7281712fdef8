/** Counts of texts and prompts against js-tiktoken's, and against what OpenAI billed. */
import { describe, expect, test } from 'vitest'
import { countChat, encodingFor } from '../../worker/tokens/chat.ts'
import { ENCODINGS } from '../tokens/encodings.ts'
import { recordedLines } from './folder.ts'

interface Row {
  source: string
  model: string
  request: { messages: { role: string; content?: unknown; name?: string; tool_calls?: unknown }[] }
  content?: string
  tool_calls?: { name: string; arguments: string }[]
  usage: { prompt_tokens: number; completion_tokens: number }
}

const rows = recordedLines<Row>('token-ground-truth.jsonl')

const of = (model: string) => {
  const encoding = ENCODINGS.find(({ encoding }) => encoding === encodingFor(model))
  if (!encoding) throw new Error(`No encoding for ${model}`)
  return encoding
}

/** What is added to the messages out of sight: definitions of tools and of response formats. */
const isPlain = ({ request }: Row) =>
  !['tools', 'functions', 'response_format'].some((field) => Object.hasOwn(request, field))

describe('recorded requests', () => {
  test('every text in them has js-tiktoken’s count, whole and in deltas', () => {
    let texts = 0
    for (const row of rows) {
      for (const { counter, oracle } of ENCODINGS) {
        for (const text of textsIn([row.request, row.content, row.tool_calls])) {
          expect(counter.count(text)).toBe(oracle(text))
          texts++
        }
        const { content = '' } = row
        const count = counter.incremental()
        for (let at = 0; at < content.length; at += 3) count.push(content.slice(at, at + 3))
        expect(count.end()).toBe(counter.count(content))
      }
    }
    expect(texts).toBeGreaterThan(1000)
  })

  test('prompts as billed, where nothing hidden is added', () => {
    const plain = rows.filter(isPlain)
    const off = plain.flatMap(({ model, request, usage }) => {
      const difference = usage.prompt_tokens - countChat(request.messages, model, of(model).counter)
      return difference === 0 ? [] : [`${model}: billed ${difference} more than counted`]
    })
    console.info(`Prompts: ${plain.length - off.length} of ${plain.length} exact.`, ...off)
    // One request each, not enough for a correction (CORRECTIONS in chat.ts).
    expect(off).toEqual([
      'gpt-4o-search-preview-2025-03-11: billed -11 more than counted',
      'o1-mini-2024-09-12: billed 7 more than counted',
    ])
  })

  test('prompts with tools or a response format are never counted above what is billed', () => {
    const hidden = rows.filter((row) => !isPlain(row))
    const added = hidden.map(
      ({ model, request, usage }) =>
        usage.prompt_tokens - countChat(request.messages, model, of(model).counter),
    )
    console.info(`Hidden in ${hidden.length} prompts: ${Math.min(...added)} to ${Math.max(...added)} tokens.`)
    expect(Math.min(...added)).toBeGreaterThan(0)
  })

  test('answers of models without reasoning are billed as counted, or a little more', () => {
    const answers = rows.filter(({ model, content, tool_calls }) => {
      return content !== undefined && !tool_calls && /^gpt-(3\.5|4)/.test(model)
    })
    const added = answers.map(({ model, content = '', usage }) => {
      return usage.completion_tokens - of(model).counter.count(content)
    })
    const exact = added.filter((tokens) => tokens === 0).length
    const oneMore = added.filter((tokens) => tokens === 1).length
    console.info(
      `Answers: ${exact} of ${answers.length} exact, ${oneMore} billed 1 more, at most ${Math.max(...added)}.`,
    )
    expect(Math.min(...added)).toBe(0)
    expect(exact + oneMore).toBeGreaterThan(0.9 * answers.length)
  })
})

/** All texts anywhere in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}
