import { expect, test } from 'vitest'
import { figures, plotSentence, resultSentence, workerLine } from '../../../client/page/race/figures.ts'
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

test('the result in a sentence, with its speed where that is not the real one', () => {
  expect(resultSentence(founding())).toBe(
    'Streamed, the first words came after 0.93 s; unstreamed, after 31.5 s: 34 times the wait.',
  )
  expect(resultSentence(founding({ demoSpeed: 10 }))).toMatch(/34 times the wait\. All at 10× speed\.$/)
  expect(resultSentence(founding({ demoSpeed: null }))).not.toContain('speed')
})

test('no wait is made up where there is none', () => {
  const { streamed, unstreamed } = founding()
  const slow = founding({ streamed: { ...streamed, firstWordsMs: 31_400 } })
  expect(resultSentence(slow)).toBe('Streamed, the first words came after 31.4 s; unstreamed, after 31.5 s.')
  const twice = founding({ unstreamed: { ...unstreamed, totalMs: 2000 } })
  expect(resultSentence(twice)).toContain(': 2.2 times the wait.')
  const silent = founding({ streamed: { ...streamed, firstWordsMs: null } })
  expect(resultSentence(silent)).toBe('The streamed answer had no words.')
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
