import { describe, expect, test } from 'vitest'
import { countPrompt, maxOwnTokens } from '../../worker/admission/prompt-limit.ts'
import type { ModelRoutes } from '../../worker/config/upstreams.ts'
import { ApiError } from '../../worker/errors.ts'
import { wholePrompt } from '../../worker/formats/chat-completions/prompt-tokens.ts'
import type { ChatMessage } from '../../worker/formats/chat-completions/wire.ts'
import { mostPromptTokens } from '../../worker/formats/prompt.ts'
import { MAX_BODY_BYTES, MAX_CHARS_PER_TOKEN } from '../../worker/limits.ts'
import { countChat } from '../../worker/tokens/chat.ts'
import type { Counter } from '../../worker/tokens/counter.ts'
import { dataUrl, png } from '../support/pictures.ts'
import { PLACES } from '../support/places.ts'
import { ENCODINGS } from '../tokens/encodings.ts'
import { LANGUAGES } from '../tokens/texts.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const user = (content: unknown): ChatMessage => ({ role: 'user', content })
/** Without the check of the request's members: counting is bounded by itself, whatever they are. */
const questionOf = (messages: ChatMessage[], fields: object = {}): Parameters<typeof countPrompt>[0] => ({
  promptField: 'messages',
  mostPromptTokens: (model, counter, mostOf) =>
    mostPromptTokens(wholePrompt({ ...fields, messages }, 0), model, counter, mostOf),
})
const count = (messages: ChatMessage[], most?: number, fields: object = {}) =>
  countPrompt(questionOf(messages, fields), 'gpt-4o', counter, limits(most))
const limits = (maxInputTokens?: number, maxPartTokens?: number, routes: ModelRoutes = {}) => ({
  maxInputTokens,
  maxPartTokens,
  upstream: { routes },
})
/** `hi` and what is around it. */
const AROUND = 7

describe('a prompt is counted as the upstream bills it', () => {
  test.each(Object.entries(LANGUAGES))('in %s', (_, text) => {
    for (const times of [1, 200]) {
      const messages = [user(text.repeat(times)), user([{ type: 'text', text }])]
      expect(count(messages)).toBe(countChat(messages, 'gpt-4o', counter))
      expect(count(messages, 1e6)).toBe(countChat(messages, 'gpt-4o', counter))
    }
  })

  test('with its tools and forms', () => {
    const tools = [
      { type: 'function', function: { name: 'weather', description: 'Tells the weather of a city' } },
    ]
    const more = Number(count([user('hi')], undefined, { tools, response_format: null })) - AROUND - 1
    expect(more).toBe(counter.count(JSON.stringify(tools)))
  })

  test.each<[object, unknown]>([
    [{ refusal: 'I will not' }, 'I will not'],
    [{ function_call: { name: 'f', arguments: '{}' } }, { name: 'f', arguments: '{}' }],
    [{ reasoning_content: 'let me think' }, 'let me think'],
    [{ name: { first: 'Ada' } }, { first: 'Ada' }],
  ])('with a message’s other fields as JSON: %j', (fields, unknown) => {
    const plain = { role: 'assistant' as const, content: 'hi' }
    const more = Number(count([{ ...plain, ...fields }])) - Number(count([plain]))
    expect(more).toBe(counter.count(JSON.stringify(unknown)))
  })

  test('without an answer’s empty fields when it is sent back', () => {
    const plain = { role: 'assistant' as const, content: 'hi' }
    expect(count([{ ...plain, refusal: null, audio: null, tool_calls: null }])).toBe(count([plain]))
  })
})

describe('a limit on the prompt', () => {
  test('holds to the token', () => {
    const exact = AROUND + 1
    expect(count([user('hi')], exact)).toBe(exact)
    const error = count([user('hi')], exact - 1)
    expect(error).toMatchObject({ code: 'prompt_too_long', status: 413 })
    expect((error as ApiError).message).toBe(
      `The prompt has ${exact} tokens; ${exact - 1} tokens are the most that is allowed here.`,
    )
    expect((error as ApiError).envelope().error.param).toBe('messages')
  })

  test('holds over all messages together', () => {
    const messages = Array.from({ length: 100 }, () => user('hi'))
    expect(count(messages, 503)).toBe(503)
    expect(count(messages, 502)).toBeInstanceOf(ApiError)
  })
})

describe('a bomb', () => {
  const MB = 1024 * 1024
  const bombs: [string, string][] = [
    ['spaces', ' '.repeat(MB)],
    ['one letter', 'x'.repeat(MB)],
    ['line ends', '\n'.repeat(MB)],
    ['signs', '='.repeat(MB)],
    [
      'rare characters',
      Array.from({ length: MB }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join(''),
    ],
    ['joined emoji', '👩‍👩‍👧‍👦'.repeat(MB / 11)],
    ['words', 'stream '.repeat(MB / 7)],
    ['all that a body holds', 'ab'.repeat(MAX_BODY_BYTES / 2)],
  ]

  /** Refuses a prompt of more than 8,192 tokens, and says how many characters were looked at for that. */
  function refuse(messages: ChatMessage[], fields: object = {}): number {
    let looked = 0
    const look = (text: string) => {
      looked += text.length
      return text
    }
    const watched: Counter = {
      count: (text) => counter.count(look(text)),
      incremental() {
        const counting = counter.incremental()
        return {
          push: (delta) => counting.push(look(delta)),
          end: counting.end,
          get committed() {
            return counting.committed
          },
        }
      },
    }
    const error = countPrompt(questionOf(messages, fields), 'gpt-4o', watched, limits(8192, 1))
    expect(error).toMatchObject({ code: 'prompt_too_long', status: 413 })
    expect((error as ApiError).message).toMatch(/more than \d+ (tokens|characters); 8192 tokens/)
    return looked
  }
  const most = 8192 * MAX_CHARS_PER_TOKEN

  test.each(bombs)('of %s is refused, however much more there is', (_, text) => {
    for (const messages of [[user(text)], [user([{ type: 'text', text }])], [user('hi'), user(text)]]) {
      expect(refuse(messages)).toBeLessThanOrEqual(most)
    }
  })

  test('that has its tokens at once is refused at once', () => {
    const [, text] = bombs.find(([name]) => name === 'rare characters') as [string, string]
    expect(refuse([user(text)])).toBeLessThan(16_384)
  })

  test('is refused too when cut into as many messages as there may be', () => {
    const pieces = Array.from({ length: 2048 }, () => user(' '.repeat(512)))
    expect(refuse(pieces)).toBeLessThanOrEqual(most)
  })

  test('is refused in a name, a tool or a form', () => {
    const text = ' '.repeat(MB)
    const call = { function: { name: 'f', arguments: text } }
    expect(refuse([{ role: 'user', content: 'hi', name: text }])).toBeLessThanOrEqual(most)
    expect(refuse([{ role: 'assistant', tool_calls: [call, call] }])).toBeLessThanOrEqual(most)
    expect(refuse([user('hi')], { tools: [text] })).toBeLessThanOrEqual(most)
  })

  test.each(PLACES)('of words is refused, %s', (_, put) => {
    expect(refuse([put('stream '.repeat(MB / 7)) as ChatMessage])).toBeLessThanOrEqual(most)
  })

  test('no prompt that people write has so many characters a token', () => {
    const python = Array.from(
      { length: 50 },
      (_, i) => `${' '.repeat((i % 8) * 4)}if value[${i}] is not None:`,
    ).join('\n')
    for (const text of [...Object.values(LANGUAGES), python]) {
      expect(text.length / counter.count(text)).toBeLessThan(MAX_CHARS_PER_TOKEN / 2)
    }
  })
})

describe('a caller’s own messages may have', () => {
  const counterFor = () => counter
  const visitor = (systemPrompt?: string) => ({ systemPrompt, fields: new Set<string>() })

  test('what the owner’s prompt leaves of the limit', () => {
    const systemPrompt = 'You are a miller. '.repeat(20)
    const most = maxOwnTokens({ maxInputTokens: 500, counterFor, visitor: visitor(systemPrompt) }, 'gpt-4o')
    const text = 'wheel '.repeat(600)
    // The longest text that fits beside it, by words.
    const words = [...Array(600).keys()].findLast((words) => {
      const own = [user(text.slice(0, 6 * words))]
      return Number(countChat(own, 'gpt-4o', counter)) <= Number(most)
    })
    const whole = [{ role: 'system' as const, content: systemPrompt }, user(text.slice(0, 6 * Number(words)))]
    expect(count(whole, 500)).toBeLessThanOrEqual(500)
    expect(count(whole, 500)).toBeGreaterThan(490)
  })

  test.each([
    [undefined, visitor('Be brief.'), undefined],
    [500, undefined, 500],
    [500, visitor(), 500],
    [5, visitor('Be brief, and never speak of the sea.'), 0],
  ])('of %s tokens, %o: %s', (maxInputTokens, visitor, most) => {
    expect(maxOwnTokens({ maxInputTokens, counterFor, visitor }, 'gpt-4o')).toBe(most)
  })
})

describe('a picture for a model that has other names at its upstreams', () => {
  const picture = { type: 'image_url', image_url: { url: dataUrl(png(512, 512)) } }
  const at = (...names: (string | undefined)[]) =>
    names.map((model) => ({ upstream: 'one', ...(model !== undefined && { model }) }))

  test.each<[string, model: string, ModelRoutes[string], number | 'unknown']>([
    ['counts by the name there', 'fast', at('gpt-4o'), 255],
    ['counts by the dearest of the names', 'fast', at('gpt-4o', 'gpt-4o-mini'), 8500],
    ['counts by the dearest name, its own or another', 'gpt-4o', at(undefined, 'gpt-4o-mini'), 8500],
    ['counts by its own name, where a deployment has one without a rule', 'gpt-4o', at('mine'), 255],
    ['is of unknown cost, if one name has no rule', 'fast', at('gpt-4o', 'llava'), 'unknown'],
    ['is of unknown cost, if none has', 'fast', at(undefined), 'unknown'],
  ])('%s', (_, model, route, tokens) => {
    const counted = (part: object, most?: number) =>
      countPrompt(questionOf([user([part])]), model, counter, limits(undefined, most, { [model]: route }))
    const bare = Number(counted({ type: 'text', text: '' }))
    if (tokens === 'unknown') expect(counted(picture)).toMatchObject({ code: 'cost_unknown', status: 400 })
    else expect(counted(picture)).toBe(bare + tokens)
    expect(counted(picture, 9000)).toBe(bare + (tokens === 'unknown' ? 9000 : tokens))
  })
})
