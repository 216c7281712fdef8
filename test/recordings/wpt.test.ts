/** The format cases of the web platform tests, against the Worker's decoder, at every split. */
import { describe, expect, test } from 'vitest'
import { eventsOf, splits } from '../support/events.ts'
import { recordedJson } from './folder.ts'

interface Vectors {
  vectors: { name: string; input: string; expect: string[] }[]
}

const { vectors } = recordedJson<Vectors>('wpt-eventsource-vectors.json')

test('there are vectors', () => {
  expect(vectors.length).toBeGreaterThan(0)
})

describe.each(vectors.map((vector): [string, typeof vector] => [vector.name, vector]))('%s', (_, vector) => {
  test('whole, byte by byte and cut at each byte', () => {
    for (const parts of splits(Buffer.from(vector.input))) {
      const events = eventsOf(parts)
      expect(
        events.map(({ data }) => data),
        `in parts of ${parts.map(({ length }) => length).join('+')}`,
      ).toEqual(vector.expect)
    }
  })
})
