import { describe, expect, test } from 'vitest'
import { pickSamples, toSeries } from '../../../client/page/race/series.ts'
import { founding } from './record.ts'

describe('the plot', () => {
  test('has a point a message, and both levels across all of them', () => {
    const record = founding()
    const series = toSeries(record)
    for (const column of Object.values(series)) expect(column).toHaveLength(record.samples.length)
    expect(series.message.slice(0, 3)).toEqual([0, 1, 2])
    expect(series.streamed[0]).toBe(0.93)
    expect(series.streamed.at(-1)).toBe(36.39)
    expect(new Set(series.firstWords)).toEqual(new Set([0.93]))
    expect(new Set(series.unstreamed)).toEqual(new Set([31.49]))
  })

  test('has no level of first words where there was no word', () => {
    const { streamed } = founding()
    const series = toSeries(founding({ streamed: { ...streamed, firstWordsMs: null } }))
    expect(new Set(series.firstWords)).toEqual(new Set([null]))
  })
})

describe('the rows that are read out', () => {
  const samples = (n: number, words = 0) =>
    Array.from({ length: n }, (_, i) => ({ ms: 10 * i, characters: i >= words ? 1 : 0 }))

  test.each([1, 2, 3, 23, 24, 25, 26, 416, 20_000])('of %i messages', (n) => {
    for (const words of [0, 1, Math.floor(n / 2), n]) {
      const rows = pickSamples(samples(n, words), 24)
      const messages = rows.map(({ message }) => message)
      expect(rows.length).toBeLessThanOrEqual(24)
      expect(rows.length).toBeGreaterThanOrEqual(Math.min(n, 23))
      expect(messages).toEqual([...new Set(messages)].toSorted((a, b) => a - b))
      expect([messages[0], messages.at(-1)]).toEqual([0, n - 1])
      if (words < n) expect(messages).toContain(words)
      for (const { message, ms } of rows) expect(ms).toBe(10 * message)
    }
  })

  test('are none where nothing came', () => {
    expect(pickSamples([], 24)).toEqual([])
  })
})
