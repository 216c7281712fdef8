/** The tests that the documentation cites are there, and the versions that it names are those that ran. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../scripts/bundle.ts'

/** The cells of each row of a page's tables that cites a test. */
const rowsOf = (page: string): string[][] =>
  readFileSync(`${ROOT}docs/${page}`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
    .map((row) => row.replace(/^\| | \|$/g, '').split(' | '))

/** In the last column: `file`: *words of a test's name*, *other words*; `another file`. */
const citationsOf = (rows: readonly string[][]) =>
  rows.flatMap((row) =>
    Array.from((row.at(-1) ?? '').matchAll(/`([\w/-]+)`([^`]*)/g), ([, file = '', then = '']) => ({
      file,
      names: Array.from(then.matchAll(/\*([^*]+)\*/g), ([, words = '']) => words),
    })),
  )

const plain = (text: string) => text.replace(/\\?['’]/g, "'")

describe.each([
  ['SECURITY.md', 50],
  ['COMPATIBILITY.md', 20],
])('docs/%s', (page, least) => {
  const citations = citationsOf(rowsOf(page))

  test('cites tests', () => expect(citations.length).toBeGreaterThan(least))

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

describe('docs/COMPATIBILITY.md', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
  const installed: Record<string, string> = { ...dependencies, ...devDependencies }
  /** `package` version, in the first column. */
  const named = rowsOf('COMPATIBILITY.md').flatMap(([client = '']) =>
    Array.from(client.matchAll(/`([@\w/-]+)` (\d+\.\d+\.\d+)/g), ([, name = '', version = '']) => ({
      name,
      version,
    })),
  )

  test('names packages', () => expect(named.length).toBeGreaterThan(5))

  test.each(named)('$name is installed in version $version', ({ name, version }) =>
    expect(version).toBe(installed[name]),
  )
})
