import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createKey } from '../../scripts/key.ts'
import { readConfig } from '../../worker/config/config.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

test('the line is what ACCESS_KEYS takes, and its hash is of the key', () => {
  const { key, entry } = createKey('laptop')
  expect(key).toMatch(/^mr_[\w-]{32}$/)
  expect(readConfig({ ACCESS_KEYS: entry }).accessKeys).toEqual([
    { name: 'laptop', sha256: toBytes(createHash('sha256').update(key).digest('hex')) },
  ])
  expect(entry).not.toContain(key)
})

test('no two keys are alike', () => {
  expect(new Set(Array.from({ length: 100 }, () => createKey('ci').key)).size).toBe(100)
})

test.each(['', 'two words', 'a:b', 'a,b', 'ü', 'x'.repeat(65), 'line\nbreak'])('%j is no name', (name) => {
  expect(() => createKey(name)).toThrow('npm run key -- laptop')
})
