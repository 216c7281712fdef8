import { expect, test } from 'vitest'
import { toCsv } from '../../../client/page/race/csv.ts'
import { founding } from './record.ts'

const rowsOf = (csv: string) =>
  csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) => line.split(','))

test('a row a message, then the totals of both ways', () => {
  const record = founding()
  const [head, ...rows] = rowsOf(toCsv(record))
  expect(head?.join()).toBe('answer,event,message,seconds,characters,tokens,tokens_from,demo_speed')
  for (const row of rows) expect(row).toHaveLength(8)
  const messages = rows.filter(([, event]) => event === 'message')
  expect(messages).toHaveLength(record.samples.length)
  expect(messages[0]).toEqual(['streamed', 'message', '0', '0.9300', '0', '', '', '1'])
  expect(rows.slice(messages.length).map((row) => row.join())).toEqual([
    'streamed,first_words,,0.9300,,,,1',
    'streamed,total,,36.3900,,414,upstream,1',
    'unstreamed,first_words,,31.4900,,,,1',
    'unstreamed,total,,31.4900,,414,upstream,1',
  ])
})

test('what is not known is an empty cell', () => {
  const { streamed } = founding()
  const silent = { ...streamed, firstWordsMs: null, reported: null, counted: null }
  const rows = rowsOf(toCsv(founding({ demoSpeed: null, samples: [], streamed: silent })))
  expect(rows[1]).toEqual(['streamed', 'total', '', '36.3900', '', '', '', ''])
})
