import { expect, test } from 'vitest'
import {
  figures,
  firstWordsSooner,
  headline,
  plotSentence,
  resultSentence,
  runningVerdict,
  totals,
  workerLine,
} from '../../../client/page/race/figures.ts'
import { founding } from './record.ts'

const table = (record = founding()) =>
  figures(record).map(({ name, values }) => [name, values.unstreamed, values.streamed])

test("the founding example's table", () => {
  expect(table()).toEqual([
    ['Total time', '31.5 s', '36.4 s'],
    ['Tokens', '414', '414'],
    ['Tokens of the text, counted here', '414', '414'],
    ['Time per token', '76.1 ms', '87.9 ms'],
    ['Time until the first words', '31.5 s', '0.93 s'],
  ])
})

test('each count says where it came from', () => {
  const { streamed, unstreamed } = founding()
  const record = founding({
    demoSpeed: null,
    streamed: { ...streamed, reported: { tokens: 410, source: 'estimated' } },
    unstreamed: { ...unstreamed, reported: null },
  })
  const tokens = figures(record).find(({ name }) => name === 'Tokens')
  expect(tokens).toMatchObject({
    values: { streamed: '410', unstreamed: '414' },
    notes: { streamed: 'estimated by the Worker', unstreamed: 'counted on this page' },
  })
  expect(figures(founding({ demoSpeed: null }))[1]?.notes?.streamed).toBe('as the model’s service says')
  expect(figures(founding())[1]?.notes?.streamed).toBe('as the demo says')
})

test('what is not known stays empty', () => {
  const { streamed } = founding()
  const unknown = { ...streamed, firstWordsMs: null, reported: null, counted: null }
  expect(table(founding({ streamed: unknown })).map(([, , value]) => value)).toEqual([
    '36.4 s',
    '',
    '',
    '',
    '',
  ])
})

test('the result: first words, then the totals, then the speed where that is not the real one', () => {
  expect(headline(founding())).toBe('First words 34× sooner')
  expect(totals(founding())).toBe('All of it: 36.4 s streamed, 31.5 s unstreamed.')
  expect(resultSentence(founding())).toBe(
    'First words 34× sooner: after 0.93 s streamed, 31.5 s unstreamed. All of it: 36.4 s streamed, 31.5 s unstreamed.',
  )
  expect(resultSentence(founding({ demoSpeed: 10 }))).toMatch(/ All at 10× speed\.$/)
  expect(resultSentence(founding({ demoSpeed: null }))).not.toContain('speed')
  const silent = founding({ streamed: { ...founding().streamed, firstWordsMs: null } })
  expect(resultSentence(silent)).toBe(
    'The streamed answer had no words. All of it: 36.4 s streamed, 31.5 s unstreamed.',
  )
})

test.each([
  [950, 31_500, 'First words 33× sooner'],
  [0, 2_500_000, 'First words 2,500,000× sooner'],
  [930, 9_250, 'First words 9.9× sooner'],
  [930, 2000, 'First words 2.2× sooner'],
  [31_400, 31_500, 'First words at the same time'],
  [1040, 1000, 'First words at the same time'],
  [3000, 1000, 'First words 3.0× later'],
])('first words after %d ms, the whole after %d ms: %s', (streamed, whole, words) => {
  expect(firstWordsSooner(streamed, whole)).toBe(words)
})

test.each([
  ['nothing has come', { nowMs: 500, firstWordsMs: null, wholeMs: null }, 'Both are asked'],
  ['words have just come', { nowMs: 930, firstWordsMs: 930, wholeMs: null }, 'The first words are there'],
  ['the other waits', { nowMs: 9300, firstWordsMs: 930, wholeMs: null }, 'First words 10× sooner'],
  ['the stream goes on', { nowMs: 9300, firstWordsMs: 930, wholeMs: 1860 }, 'First words 2.0× sooner'],
  ['the stream is late', { nowMs: 9300, firstWordsMs: null, wholeMs: 1860 }, 'The whole answer came first'],
])('while it runs and %s', (_, progress, words) => {
  expect(runningVerdict(progress)[0]).toBe(words)
})

test('the plot and the Worker’s own times in a sentence', () => {
  expect(plotSentence(founding({ demoSpeed: 10 }))).toBe(
    'Plot of the cumulative time over the messages of the streamed answer: 416 messages, the last after 36.4 s. ' +
      'It starts with the first words at 0.93 s. The unstreamed answer came as a whole at 31.5 s. All at 10× speed.',
  )
  expect(workerLine(founding())).toBe(
    'The streamed answer as the Worker measured it: first token after 0.91 s, 36.4 s in all, 11.7 tokens per second.',
  )
  expect(workerLine(founding({ atWorker: null }))).toBe('')
})
