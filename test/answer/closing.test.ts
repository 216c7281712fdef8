import { describe, expect, test } from 'vitest'
import { createClosing } from '../../worker/answer/closing.ts'
import { ApiError } from '../../worker/errors.ts'
import { readEvent } from '../../worker/formats/chat-completions/read-event.ts'
import type { Usage } from '../../worker/protocol/wire.ts'

const BASE = { id: 'chatcmpl-own', created: 5, model: 'gpt-test' }
const COUNTED = { prompt_tokens: 3, completion_tokens: 11, total_tokens: 14 }
const SENT = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const delta = (content: string) => ({ ...CHUNK, choices: [{ index: 0, delta: { content } }] })
const BEGIN = { asked: 1000, firstByte: 1200 }

function open() {
  let clock = 0
  let sent: Usage | undefined
  const count = {
    see(read: ReturnType<typeof readEvent>) {
      if (read.kind === 'chunk') sent = read.chunk.usage ?? sent
    },
    usage: () =>
      sent === undefined
        ? { usage: COUNTED, source: 'estimated' as const }
        : { usage: sent, source: 'upstream' as const },
  }
  const closing = createClosing(count, BASE, () => clock)
  /** @returns whether it is one for the readers */
  const see = (chunk: object, at = 1200): boolean => {
    clock = at
    return closing.see(readEvent({ data: JSON.stringify(chunk) }))
  }
  const end = (...[how, begin]: Parameters<typeof closing.events>) => {
    const [last = '', ...more] = closing.events(how, begin)
    return { last: JSON.parse(last), more }
  }
  return { see, end }
}

describe('a whole answer', () => {
  test('ends with a chunk that has its usage, its state and its times; then [DONE]', () => {
    const { see, end } = open()
    expect(see({ ...CHUNK, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })).toBe(true)
    expect(see(delta('a'), 1500)).toBe(true)
    expect(see(delta('b'), 2500)).toBe(true)
    expect(end({ state: 'done' }, BEGIN)).toEqual({
      last: {
        ...CHUNK,
        choices: [],
        usage: COUNTED,
        millrace: {
          state: 'done',
          usage_source: 'estimated',
          timing: { first_byte_ms: 200, first_token_ms: 500, total_ms: 1500, tokens_per_second: 10 },
        },
      },
      more: ['[DONE]'],
    })
  })

  test("the upstream's chunk of usage waits for the end, and keeps what else it has", () => {
    const { see, end } = open()
    see(delta('a'))
    expect(see({ ...CHUNK, choices: [], usage: SENT, service_tier: 'default' })).toBe(false)
    const { last } = end({ state: 'done' }, BEGIN)
    expect(last).toMatchObject({ usage: SENT, service_tier: 'default', choices: [] })
    expect(last.millrace).toMatchObject({ state: 'done', usage_source: 'upstream' })
  })

  test('usage beside a choice is passed on where it stands, and told again at the end', () => {
    const { see, end } = open()
    expect(see({ ...delta('a'), usage: SENT })).toBe(true)
    expect(end({ state: 'done' }, BEGIN).last).toMatchObject({ choices: [], usage: SENT })
  })
})

test('one that was stopped ends in the same way, with its state', () => {
  const { see, end } = open()
  see(delta('a'))
  const { last, more } = end({ state: 'stopped' }, BEGIN)
  expect(last).toMatchObject({ usage: COUNTED, millrace: { state: 'stopped' } })
  expect(more).toEqual(['[DONE]'])
})

test('one that failed ends with the error in the same chunk, and without [DONE]', () => {
  const { see, end } = open()
  see(delta('a'))
  const error = new ApiError('upstream_truncated')
  const { last, more } = end({ state: 'truncated', error }, BEGIN)
  expect(last).toMatchObject({
    ...CHUNK,
    choices: [],
    usage: COUNTED,
    millrace: { state: 'truncated', usage_source: 'estimated', timing: { first_byte_ms: 200 } },
    error: { code: 'upstream_truncated', type: 'server_error', param: null, message: error.message },
  })
  expect(more).toEqual([])
})

test('what the upstream said of its own keeps no place of ours', () => {
  const { see, end } = open()
  see({ ...CHUNK, choices: [], usage: SENT, millrace: { state: 'done' }, error: null })
  const { last } = end({ state: 'truncated', error: new ApiError('upstream_truncated') }, BEGIN)
  expect(last.millrace.state).toBe('truncated')
  expect(last.error.code).toBe('upstream_truncated')
})

describe('one that never said a word', () => {
  test('ends with a chunk of our own, without times', () => {
    const { end } = open()
    const { last } = end({ state: 'failed', error: new ApiError('upstream_unreachable') }, undefined)
    expect(last).toMatchObject({
      ...BASE,
      object: 'chat.completion.chunk',
      choices: [],
      usage: COUNTED,
      millrace: { state: 'failed', usage_source: 'estimated' },
    })
    expect(last.millrace).not.toHaveProperty('timing')
  })

  test('or with times, where it began and said nothing', () => {
    const { end } = open()
    expect(end({ state: 'done' }, BEGIN).last).toMatchObject({
      ...BASE,
      millrace: { timing: { first_byte_ms: 200, first_token_ms: null, tokens_per_second: null } },
    })
  })
})
