/** `stream_options.include_suggestions`: who gets them, and what goes upstream, in both formats. */
import { describe, expect, test } from 'vitest'
import { maxOwnTokens } from '../../worker/admission/prompt-limit.ts'
import { ApiError } from '../../worker/errors.ts'
import { chatRequests } from '../../worker/formats/chat-completions/request.ts'
import type { Question, VisitorRules } from '../../worker/formats/format.ts'
import { responsesRequests } from '../../worker/formats/responses/request.ts'
import { ENCODINGS } from '../tokens/encodings.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const PROMPT = 'You sell shoes.'
const user = { role: 'user', content: 'Which shoes do you have?' }

const FORMATS = [
  ['Chat Completions', chatRequests, 'messages', 'system'],
  ['the Responses API', responsesRequests, 'input', 'developer'],
] as const

const rules = (suggestions?: boolean, systemPrompt?: string): VisitorRules => ({
  systemPrompt,
  fields: new Set(),
  ...(suggestions !== undefined && { suggestions }),
})

function asked(question: Question | ApiError): Question {
  if (question instanceof ApiError) throw question
  return question
}

const sent = (question: Question) =>
  question.changed({ model: 'm', stream: true, tellUsage: false }).request as Record<string, unknown>

describe.each(FORMATS)('by %s', (_, format, field, role) => {
  const read = (options: object | undefined, visitor?: VisitorRules) =>
    asked(
      format.read(
        { [field]: [user], stream: true, ...(options && { stream_options: options }) } as never,
        visitor,
      ),
    )
  const wanted = { include_suggestions: true }

  test('a visitor whose page wants them: the owner’s prompt asks for three', () => {
    const question = read(wanted, rules(true, PROMPT))
    const [first, ...others] = sent(question)[field] as { role: string; content: string }[]
    expect(first?.role).toBe(role)
    expect(first?.content).toMatch(/^You sell shoes\.\n\nAfter your whole answer, write three/)
    expect(first?.content).toContain('<suggestions>["')
    expect(others).toEqual([user])
  })

  test('also where the owner has no prompt', () => {
    const [first, ...others] = sent(read(wanted, rules(true)))[field] as { content: string }[]
    expect(first?.content).toMatch(/^After your whole answer/)
    expect(others).toEqual([user])
  })

  test.each<[string, object | undefined, VisitorRules | undefined]>([
    ['a visitor whose page does not want them', undefined, rules(true, PROMPT)],
    ['a visitor whose page says so', { include_suggestions: false }, rules(true, PROMPT)],
    ['a visitor, where they are off', wanted, rules(false, PROMPT)],
    ['a holder of a key', wanted, undefined],
  ])('%s: nothing is added, and the upstream sees no such option', (_, options, visitor) => {
    const request = sent(read(options, visitor))
    const messages = request[field]
    expect(messages).toEqual(visitor ? [{ role, content: PROMPT }, user] : [user])
    expect(JSON.stringify(request)).not.toContain('suggestions')
  })

  test('the option never goes upstream, and its neighbours do', () => {
    const options = { include_suggestions: true, include_timing: true, include_obfuscation: false }
    for (const visitor of [undefined, rules(true)]) {
      expect(sent(read(options, visitor)).stream_options).toEqual({ include_obfuscation: false })
    }
  })

  test.each([PROMPT, undefined])('what asks for them is the owner’s: it is not judged (%s)', (prompt) => {
    const texts = read(wanted, rules(true, prompt)).judgedTexts(prompt)
    expect(texts.join()).toContain(user.content)
    expect(texts.join()).not.toMatch(/sell|three short questions/)
  })

  test('it is counted like the owner’s prompt', () => {
    const count = (visitor: VisitorRules) => read(wanted, visitor).promptTokens('gpt-4o', counter)
    const more = count(rules(true, PROMPT)) - count(rules(false, PROMPT))
    expect(more).toBeGreaterThan(60)
    const own = (visitor: VisitorRules) =>
      maxOwnTokens({ maxInputTokens: 1_000, counterFor: () => counter, visitor }, 'gpt-4o') ?? 0
    expect(own(rules(false, PROMPT)) - own(rules(true, PROMPT))).toBe(more)
  })

  test('anything but yes or no is refused by name', () => {
    const refused = format.read({ [field]: [user], stream_options: { include_suggestions: 3 } } as never)
    expect((refused as ApiError).envelope().error.param).toBe('stream_options.include_suggestions')
  })
})

test('an answer goes on from one before it behind the owner’s prompt', () => {
  const visitor = rules(true)
  const stream_options = { include_suggestions: true }
  const question = asked(responsesRequests.read({ input: [user], stream_options } as never, visitor))
  const before = { role: 'user', content: 'Before.' }
  const asks = expect.stringMatching(/^After your whole answer/)
  expect(question.after?.([before]).request.input).toEqual([
    { role: 'developer', content: asks },
    before,
    user,
  ])
  expect(question.items?.()).toEqual([user])
})
