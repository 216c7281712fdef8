import { bareName } from './model-name.ts'
import type { Encoding } from './pre-tokens.ts'

/**
 * The fields of a message that are counted: OpenAI's chat format. Any of them may be missing or malformed.
 */
export interface CountedMessage {
  role: string
  content?: unknown
  name?: unknown
  tool_calls?: unknown
}

/**
 * Tokens around each message, after the last one, with a name (OpenAI's cookbook, "How to count tokens"),
 * and around a tool that was called (4 of 4 recorded prompts).
 */
const A_MESSAGE = 3
const THE_ANSWER = 3
const A_NAME = 1
const A_CALL = 7

/** Models before gpt-4o, also in Azure's spelling. All other models use o200k_base. */
const CL100K_MODELS = ['gpt-4', 'gpt-3.5', 'gpt-35', 'text-embedding-3', 'text-embedding-ada']

/**
 * The formula's error for some models. Evidence: requests without tools as billed, in the recordings that
 * test/recordings/tokens.test.ts replays. A single request is not taken for a rule (o1-mini is billed 7
 * more, gpt-4o-search-preview 11 less, once each).
 */
const CORRECTIONS: readonly (readonly [name: string, tokens: number])[] = [
  ['gpt-5', -1], // gpt-5: 3 of 3, gpt-5-nano: 4 of 4
  ['o3-mini', -1], // 2 of 2
]

/** The encoding of a model, by the start of its name; o200k_base for unknown names. */
export function encodingFor(model: string): Encoding {
  return CL100K_MODELS.some((name) => isOf(model, name)) ? 'cl100k_base' : 'o200k_base'
}

/**
 * How many prompt tokens OpenAI bills for `messages`: Σ(3 + role + content [+ name + 1]) + 3, and name +
 * arguments + 7 for each tool called. Exact for texts on gpt-3.5 to gpt-5. Below the truth by 20 to 400
 * tokens with tools or a response format, and by what pictures and the like cost (image-tokens.ts,
 * sound-tokens.ts).
 *
 * @param counter of the encoding `encodingFor(model)`.
 */
export function countChat(
  messages: readonly CountedMessage[],
  model: string,
  counter: { count(text: string): number },
): number {
  const count = (text: unknown) => (typeof text === 'string' ? counter.count(text) : 0)
  let tokens = THE_ANSWER + correctionFor(model)
  for (const { role, content, name, tool_calls } of messages) {
    tokens += A_MESSAGE + count(role)
    for (const text of textsOf(content)) tokens += count(text)
    if (typeof name === 'string') tokens += A_NAME + count(name)
    for (const call of objectsOf(tool_calls)) {
      const [called] = objectsOf([call.function])
      tokens += A_CALL + count(called?.name) + count(called?.arguments)
    }
  }
  return tokens
}

function correctionFor(model: string): number {
  return CORRECTIONS.find(([name]) => isOf(model, name))?.[1] ?? 0
}

/** `gpt-4`, `gpt-4-0613`, `openai/gpt-4` and `ft:gpt-4:us` belong to gpt-4; `gpt-4o` and `gpt-4.1` don't. */
function isOf(model: string, name: string): boolean {
  const bare = bareName(model)
  return bare.startsWith(name) && /^($|[-:])/.test(bare.slice(name.length))
}

/** A message's content: a text, or parts with a `text` or a `refusal`. */
function textsOf(content: unknown): unknown[] {
  if (typeof content === 'string') return [content]
  return objectsOf(content).flatMap((part) => [part.text, part.refusal])
}

function objectsOf(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : []
}
