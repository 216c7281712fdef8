import { expect, test, vi } from 'vitest'
import { record } from '../../worker/accounting/record.ts'

const LINE = {
  ts: '2026-11-29T12:00:00.000Z',
  id: 'req_1',
  origin: 'https://shop.example',
  first_token_ms: 6,
  cached_tokens: 2,
  reasoning_tokens: 1,
  route: '/chat',
  method: 'POST',
  status: 200,
  caller: 'key:laptop',
  model: 'm',
  first_byte_ms: 5,
  total_ms: 9,
  bytes: 100,
  prompt_tokens: 7,
  completion_tokens: 3,
  usage_source: 'estimated',
  charged_tokens: 11,
  upstream: 'azure',
  attempts: [{ upstream: 'openai', status: 503, code: 'upstream_overloaded', ms: 4 }],
  end: 'done',
} as const

test('a record is one line of JSON in the log', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  record(LINE)
  expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([LINE])
})

test('a bound dataset gets the same record as a data point', () => {
  vi.spyOn(console, 'log').mockImplementation(() => {})
  const writeDataPoint = vi.fn()
  record(LINE, { writeDataPoint })
  expect(writeDataPoint).toHaveBeenCalledExactlyOnceWith({
    indexes: ['key:laptop'],
    blobs: ['/chat', 'm', 'done', 'estimated', '', 'req_1', 'https://shop.example', '', '', 'azure'],
    doubles: [200, 5, 9, 100, 7, 3, 0, 11, 6, 2, 1],
  })
})
