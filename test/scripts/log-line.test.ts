import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { logLine } from '../../scripts/log-line.ts'

const at = new Date(2026, 10, 29, 14, 3, 12)
const line = (record: object) => stripVTControlCharacters(logLine(JSON.stringify(record), at))
const call = { id: 'req_1', method: 'POST', route: '/chat', status: 200, total_ms: 2310, end: 'done' }
const counted = { prompt_tokens: 8, completion_tokens: 173, usage_source: 'upstream' }

test.each([
  [
    { ...call, ...counted, first_byte_ms: 3, first_token_ms: 412 },
    '14:03:12  POST /chat                   200  first token 0.41 s · 2.31 s · 8 + 173 tokens',
  ],
  [
    { ...call, ...counted, usage_source: 'estimated', first_byte_ms: 398, end: 'stopped' },
    '14:03:12  POST /chat                   200  stopped · first byte 0.40 s · 2.31 s · ≈ 8 + 173 tokens',
  ],
  [
    // In one piece.
    { ...call, ...counted, first_byte_ms: 2309 },
    '14:03:12  POST /chat                   200  2.31 s · 8 + 173 tokens',
  ],
  [
    // An answer without a token.
    { ...call, ...counted, completion_tokens: 0, first_token_ms: null, end: 'truncated' },
    '14:03:12  POST /chat                   200  truncated · 2.31 s · 8 + 0 tokens',
  ],
  [
    { ...call, method: 'GET', route: '/v1/models/:id{.+}', total_ms: 4 },
    '14:03:12  GET /v1/models/:id           200  0.00 s',
  ],
  [
    { ...call, route: 'none', status: 404, code: 'not_found', end: 'failed', total_ms: 1 },
    '14:03:12  POST (unknown path)          404 not_found  0.00 s',
  ],
  [
    {
      ...call,
      status: 500,
      code: 'internal_error',
      cause: 'TypeError at x.ts:1',
      end: 'failed',
      total_ms: 1,
    },
    '14:03:12  POST /chat                   500 internal_error  0.00 s · TypeError at x.ts:1',
  ],
  [
    {
      ...call,
      status: 404,
      code: 'model_not_found',
      cause: 'gone',
      setting: 'MODELS',
      end: 'failed',
      total_ms: 210,
    },
    '14:03:12  POST /chat                   404 model_not_found  0.21 s · gone · see MODELS',
  ],
])('%j', (record, expected) => {
  expect(line(record)).toBe(expected)
})

test('what a terminal would obey is not printed', () => {
  const cause = 'no\u001b[2J\u001b]0;title\u0007 such\r\nmodel \u202etxt\u009b1m'
  const shown = logLine(JSON.stringify({ ...call, status: 404, code: 'x\u001b[31m', cause }), at)
  expect(stripVTControlCharacters(shown)).not.toMatch(/\p{C}/u)
  expect(shown).toContain('404 x\ufffd[31m')
  expect(shown).toContain('such\ufffd\ufffdmodel')
})

test.each(['Uncaught Error: no', '{"half": ', '"text"', '7', '{"route": 7}', ''])(
  '%j is no request and stays',
  (text) => {
    expect(logLine(text, at)).toBe(text)
  },
)
