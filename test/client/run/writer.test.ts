import { expect, test } from 'vitest'
import { createWriter } from '../../../client/run/python/writer.ts'

function listen(most = 1_000_000, at = { ms: 0 }) {
  const sent: [kind: string, text: string][] = []
  return {
    sent,
    writer: createWriter(
      (...message) => sent.push(message),
      most,
      () => at.ms,
    ),
    at,
  }
}

test('each text goes at once, whatever comes after it', () => {
  const { sent, writer } = listen()
  writer.write('out', 'one\n')
  writer.write('error', 'two\n')
  expect(sent).toEqual([
    ['out', 'one\n'],
    ['error', 'two\n'],
  ])
})

test('of very many in a second, the later ones go together, and the next second begins anew', () => {
  const { sent, writer, at } = listen()
  for (let i = 0; i < 5000; i++) writer.write('out', `${i}\n`)
  expect(sent.length).toBeLessThan(150)
  at.ms = 1000
  writer.write('out', 'later\n')
  expect(sent.at(-1)?.[1]).toMatch(/4999\nlater\n$/)
  expect(sent.map(([, text]) => text).join('')).toBe(
    `${Array.from({ length: 5000 }, (_, i) => i).join('\n')}\nlater\n`,
  )
})

test('what waits goes when the program waits, or writes of another kind', () => {
  const { sent, writer } = listen()
  for (let i = 0; i < 200; i++) writer.write('out', '.')
  writer.write('out', '')
  expect(sent.at(-1)).toEqual(['out', '.'.repeat(100)])
  writer.write('out', '!')
  writer.write('error', '?')
  writer.flush()
  expect(sent.slice(-2)).toEqual([
    ['out', '!'],
    ['error', '?'],
  ])
})

test.each([
  [5, ['abc', 'defg'], 'abcdef'],
  [5, ['abc'], 'abc'],
  [3, ['abcdefg', 'h'], 'abcd'],
])(
  'of at most %i characters in %j, what goes is %j: one more says that there are more',
  (most, texts, all) => {
    const { sent, writer } = listen(most)
    for (const text of texts) writer.write('out', text)
    writer.flush()
    expect(sent.map(([, text]) => text).join('')).toBe(all)
  },
)
