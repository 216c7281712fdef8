import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildChanged, type Part } from '../../scripts/build-changed.ts'

let root = ''
let builds: string[] = []
let seen: string[] = []

const write = (path: string, text: string) => writeFileSync(`${root}${path}`, text)

/** Two parts, which share an input. */
const part = (name: string, build = () => write(`dist/${name}/built.js`, `of ${name}`)): Part => ({
  name,
  inputs: [name, 'shared.json'],
  output: `dist/${name}`,
  async build() {
    builds.push(name)
    build()
  },
})

async function buildAgain(parts = [part('page'), part('worker')]): Promise<string[]> {
  builds = []
  seen = []
  const watch = {
    began: (names: readonly string[]) => seen.push(`began ${names.join()}`),
    built: (name: string) => seen.push(`built ${name}`),
  }
  await buildChanged(watch, parts, root)
  return builds
}

beforeEach(async () => {
  root = `${mkdtempSync(`${tmpdir()}/build-`)}/`
  for (const folder of ['page/style', 'worker', 'dist/page', 'dist/worker']) {
    mkdirSync(`${root}${folder}`, { recursive: true })
  }
  write('page/style/page.css', 'a {}')
  write('worker/index.ts', '1')
  write('shared.json', '{}')
  await buildAgain()
})
afterEach(() => rmSync(root, { recursive: true }))

test('at first everything is built, and told', () => {
  expect(builds.toSorted()).toEqual(['page', 'worker'])
  expect(seen.toSorted()).toEqual(['began page,worker', 'built page', 'built worker'])
})

test('where nothing has changed, nothing is built, and nothing is told', async () => {
  write('worker/index.ts', '1')
  expect(await buildAgain()).toEqual([])
  expect(seen).toEqual([])
})

test.each<[string, () => void, string[]]>([
  ['a source', () => write('page/style/page.css', 'b {}'), ['page']],
  ['what both share', () => write('shared.json', '{"version": 2}'), ['page', 'worker']],
  ['a new source', () => write('worker/new.ts', ''), ['worker']],
  ['a source that is gone', () => rmSync(`${root}page/style/page.css`), ['page']],
  ['what was built', () => write('dist/page/built.js', 'of another command'), ['page']],
  ['a built file that is gone', () => rmSync(`${root}dist/worker/built.js`), ['worker']],
])('%s is noticed, and builds what it concerns once', async (_, change, expected) => {
  change()
  expect((await buildAgain()).toSorted()).toEqual(expected)
  expect(await buildAgain()).toEqual([])
})

test('a source that changes while it is built is built again', async () => {
  write('worker/index.ts', '2')
  const late = part('worker', () => write('worker/index.ts', '3'))
  expect(await buildAgain([late])).toEqual(['worker'])
  expect(await buildAgain()).toEqual(['worker'])
})

test('what could not be built is built again', async () => {
  write('worker/index.ts', '2')
  const failing = part('worker', () => {
    throw new Error('no such export')
  })
  await expect(buildAgain([failing])).rejects.toThrow('no such export')
  write('worker/index.ts', '1')
  expect(await buildAgain()).toEqual(['worker'])
})
