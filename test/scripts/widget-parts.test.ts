/** What the build makes of a widget and its lazy parts. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildAlone } from '../../scripts/build-alone.ts'
import { buildWidget } from '../../scripts/build-widget.ts'
import { createParts, integrityOf } from '../../scripts/widget-parts.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/millrace-build-`)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** @returns the first one's path */
function write(files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(`${folder}/src/${name.slice(0, name.lastIndexOf('/'))}`, { recursive: true })
    writeFileSync(`${folder}/src/${name}`, text)
  }
  return `${folder}/src/${Object.keys(files)[0]}`
}

const SHARED = {
  'a/entry.ts': `import { shared } from './shared.ts'
    export const all = async () => ['ü — 日本 🎉', shared(), (await import('../b/late.ts')).late(), (await import('./shared.ts')).shared]`,
  'a/shared.ts': `export const shared = () => 'what both of them need'`,
  'b/late.ts': `import { shared } from '../a/shared.ts'
    export const late = async () => shared() + (await import('../c/later.ts')).later`,
  'c/later.ts': `export const later = 1`,
}

async function buildShared(outDir: string): Promise<string> {
  const entry = write(SHARED)
  return buildWidget({ entry, outDir, version: '1.2.3', parts: createParts() })
}

const filesIn = (path: string) => readdirSync(path, { recursive: true, withFileTypes: true })
const read = (file: string) => readFileSync(`${folder}/${file}`, 'utf8')

test('widget.js and each of its parts are one file, which imports nothing by itself', async () => {
  await buildShared(`${folder}/out`)
  const files = filesIn(`${folder}/out`).filter((file) => file.name.endsWith('.js'))
  expect(files).toHaveLength(2 * (1 + 3))
  for (const file of files) {
    const code = readFileSync(`${file.parentPath}/${file.name}`, 'utf8')
    expect(code).not.toMatch(/\bimport\s*[{"'`*]|\bfrom\s*["'`]/)
  }
})

test('the list names each part, with its hash and its file', async () => {
  const integrity = await buildShared(`${folder}/out`)
  expect(integrity).toBe(integrityOf(read('out/widget.js')))
  const list = JSON.parse(read('out/widget-chunks.json'))
  expect(list).toMatchObject({ contract: expect.any(Number), version: '1.2.3', integrity })
  expect(Object.keys(list.parts)).toEqual(['a-shared', 'b-late', 'c-later'])
  for (const [name, { file, integrity }] of Object.entries<{ file: string; integrity: string }>(list.parts)) {
    expect(file).toMatch(new RegExp(`^assets/parts/${name}-[\\w-]{8}\\.js$`))
    expect(integrity).toBe(integrityOf(read(`out/${file}`)))
    expect(read(`out/v/1.2.3/${file}`)).toBe(read(`out/${file}`))
  }
  expect(read('out/v/1.2.3/widget.js')).toBe(read('out/widget.js'))
})

test('what holds a hash has the hash of what is there', async () => {
  await buildShared(`${folder}/out`)
  const { parts } = JSON.parse(read('out/widget-chunks.json'))
  expect(read('out/widget.js')).toContain(parts['b-late'].integrity)
  expect(read(`out/${parts['b-late'].file}`)).toContain(parts['c-later'].integrity)
})

test('the same sources make the same bytes', async () => {
  await buildShared(`${folder}/one`)
  await buildShared(`${folder}/two`)
  for (const name of ['widget.js', 'widget-chunks.json'])
    expect(read(`two/${name}`)).toBe(read(`one/${name}`))
})

test('a version that was released is never another', async () => {
  await buildShared(`${folder}/out`)
  await buildShared(`${folder}/out`)
  writeFileSync(`${folder}/out/v/1.2.3/widget.js`, 'what was released')
  await expect(buildShared(`${folder}/out`)).rejects.toThrow('raise "version"')
})

test.each([
  [
    'two parts of one name',
    {
      'entry.ts': `import('./a/x.ts'); import('./b/a/x.ts')`,
      'a/x.ts': 'export const x = 1',
      'b/a/x.ts': 'export const x = 2',
    },
    'Two parts have the name a-x',
  ],
  [
    'parts that load each other',
    {
      'entry.ts': `import('./a/x.ts')`,
      'a/x.ts': `export const x = () => import('./y.ts')`,
      'a/y.ts': `export const y = () => import('./x.ts')`,
    },
    'load each other',
  ],
  ['a part that is not there', { 'entry.ts': `import('./a/x.ts')` }, "which isn't there"],
])('%s stop the build', async (_, files, words) => {
  const parts = createParts()
  await expect(buildAlone(write(files), './', parts.plugin())).rejects.toThrow(words)
})

test('what is left to Vite stays as it is', async () => {
  const parts = createParts()
  const entry = write({ 'page/main.ts': `import('./race.ts')`, 'page/race.ts': 'export const race = 1' })
  await expect(buildAlone(entry, './', parts.plugin({ theirs: /\/page\// }))).rejects.toThrow(
    'must be one file',
  )
  expect((await parts.built()).size).toBe(0)
})
