import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../scripts/bundle.ts'

/**
 * The last column of each row of the table: `file`: *words of a test's name*, *other words*; `another file`.
 */
const proofs = readFileSync(`${ROOT}docs/SECURITY.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((row) => row.split(' | ').at(-1) ?? '')
const citations = proofs.flatMap((proof) =>
  Array.from(proof.matchAll(/`([\w/-]+)`([^`]*)/g), ([, file = '', then = '']) => ({
    file,
    names: Array.from(then.matchAll(/\*([^*]+)\*/g), ([, words = '']) => words),
  })),
)

const plain = (text: string) => text.replace(/\\?['’]/g, "'")

describe('docs/SECURITY.md', () => {
  test('cites tests', () => expect(citations.length).toBeGreaterThan(50))

  test.each(citations)('$file is there, with $names', ({ file, names }) => {
    const found = ['', '.workerd']
      .map((kind) => `${ROOT}test/${file}${kind}.test.ts`)
      .find((path) => existsSync(path))
    expect(found, `test/${file}`).toBeDefined()
    const text = plain(readFileSync(found ?? '', 'utf8'))
    const strings = Array.from(text.matchAll(/(['"`])(?:(?!\1\s*[,)\]]).)*\1/g), ([string]) => string)
    for (const words of names)
      expect(
        strings.some((string) => string.includes(plain(words))),
        words,
      ).toBe(true)
  })
})
