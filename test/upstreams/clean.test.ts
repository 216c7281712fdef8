import { describe, expect, test } from 'vitest'
import { MAX_ERROR_MESSAGE_CHARS } from '../../worker/limits.ts'
import { cleaned } from '../../worker/upstreams/clean.ts'

const clean = (message: string) => cleaned({ message, type: 't', param: null, code: null }).message

test.each([
  ['sk-proj-abcDEF123456', 'a key'],
  ['Bearer eyJhbGciOi', 'a token'],
  ['org-AbC123xyz789', 'an organisation'],
  ['http://10.0.0.7:8000/v1/chat', 'an address'],
  ['10.0.0.7:8000', 'a host'],
  ['\n    at Server.handle (/srv/app.js:10:3)', 'a stack trace'],
  ['\r\n\tTraceback (most recent call last):\n  File "/srv/app.py"', 'a trace of Python'],
])('%j, %s, is taken out of the message', (secret) => {
  expect(clean(`Wrong: ${secret}`)).toBe('Wrong: […]')
})

test.each([
  `[{'type': 'list_type', 'loc': ('body', 'stop'), 'msg': 'Not a list', 'input': {'messages': ['Sell shoes.']}}]`,
  `[{"msg": "Not a list", "input" : "Sell shoes."}]`,
  `stop\n  Not a list [type=list_type, input_value={'messages': ['Sell shoes.']}, input_type=dict]`,
])('a quoted request is taken out of the message: %s', (message) => {
  expect(clean(message)).toContain('Not a list')
  expect(clean(message)).not.toContain('shoes')
})

test('all fields are cleaned', () => {
  const key = 'sk-proj-abcDEF123456'
  expect(JSON.stringify(cleaned({ message: key, type: key, param: key, code: key }))).not.toContain(key)
})

test('a page that explains the error stays', () => {
  const message = 'Too long. See https://platform.openai.com/docs/models for limits.'
  expect(clean(message)).toBe(message)
})

describe('a message that is too long', () => {
  test('is cut', () => {
    expect(clean('word '.repeat(10_000))).toHaveLength(MAX_ERROR_MESSAGE_CHARS)
    expect(clean('x'.repeat(100_000))).toBe('[…]')
  })

  test('shows no part of a secret, wherever it stands', () => {
    const secret = 'sk-proj-SECRETSECRET'
    const address = `http://h.internal/${'x'.repeat(200)} `
    // Addresses shrink when they are struck out, which moves what comes after them to the front.
    for (const filling of [address, 'ab ']) {
      for (let length = MAX_ERROR_MESSAGE_CHARS - 30; length < 2 * MAX_ERROR_MESSAGE_CHARS + 30; length++) {
        const before = filling.repeat(1 + length / filling.length).slice(-length)
        expect(clean(`${before}${secret} and more ${'.'.repeat(5000)}`)).not.toMatch(/SEC|sk-/)
      }
    }
  })
})

describe('the time that cleaning takes', () => {
  const pathological: [name: string, unit: string][] = [
    ['line feeds', '\n'],
    ['lines of blanks', '\n '],
    ['beginnings of a trace', '\n at'],
    ['carriage returns', '\r\n\t'],
    ['Bearer without a token', 'Bearer '],
    ['a Bearer before blanks', 'Bearer'.padEnd(500)],
    ['beginnings of keys', 'sk-'],
    ['words of no blank', 'x'],
    ['digits and dots', '1.'],
    ['addresses', 'http://'],
    ['quoted inputs', '"input"\n'],
  ]
  const MOST = 64 * 1024
  const time = (text: string) => {
    const runs = Array.from({ length: 5 }, () => {
      const started = performance.now()
      clean(text)
      return performance.now() - started
    })
    return Math.min(...runs)
  }

  test.each(pathological)('grows no faster than the text: %s', (_, unit) => {
    const of = (length: number) => unit.repeat(length / unit.length)
    clean(of(MOST))
    // What is quadratic takes sixteen times as long. Below a fifth of a millisecond a clock shows nothing.
    expect(time(of(MOST))).toBeLessThan(8 * Math.max(time(of(MOST / 4)), 0.2))
  })
})
