/** `npm run python`, against an index of packages that is made here. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LockfilePackage } from 'pyodide'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { downloadPackages } from '../../scripts/download-packages.ts'
import { commandsFor, downloadedOf, readLock, USUAL, withNeeded } from '../../scripts/python-packages.ts'
import { type Site, startSite } from '../support/site.ts'
import { createWheel } from '../support/wheel.ts'

const WHEELS: Record<string, Uint8Array> = {
  'mill-1.0-py3-none-any.whl': createWheel('mill', '1.0', { 'mill/__init__.py': 'import race\n' }),
  'race-2.0-py3-none-any.whl': createWheel('race', '2.0', { 'race.py': 'width = 3\n' }),
  'huge-1.0-py3-none-any.whl': new Uint8Array(26 * 1024 * 1024),
}

function listed(name: string, file: string, depends: string[] = [], content = WHEELS[file]): LockfilePackage {
  return {
    name,
    version: file.split('-')[1] ?? '',
    file_name: file,
    install_dir: 'site',
    sha256: createHash('sha256')
      .update(content ?? '')
      .digest('hex'),
    package_type: 'package',
    imports: [name],
    depends,
  }
}

const PACKAGES = {
  mill: listed('mill', 'mill-1.0-py3-none-any.whl', ['race']),
  race: listed('race', 'race-2.0-py3-none-any.whl'),
  huge: listed('huge', 'huge-1.0-py3-none-any.whl'),
  gone: listed('gone', 'gone-1.0-py3-none-any.whl'),
  forged: { ...listed('forged', 'race-2.0-py3-none-any.whl'), sha256: 'ab'.repeat(32) },
}

let index: Site
let folder = ''
let said: string[] = []
beforeAll(async () => {
  index = await startSite((path) => {
    const body = WHEELS[path.replace('/full/', '')]
    return body && { body }
  })
})
afterAll(() => index.stop())
beforeEach(() => {
  folder = `${mkdtempSync(join(tmpdir(), 'python-'))}/`
  said = []
  index.asked.length = 0
})

const download = (...names: string[]) =>
  downloadPackages({
    names,
    packages: PACKAGES,
    from: `${index.url}/full`,
    folder,
    say: (line) => said.push(line),
  })

test('a package comes with what it needs, each once, and says its size', async () => {
  await download('mill', 'race')
  expect(readdirSync(folder).toSorted()).toEqual(['mill-1.0-py3-none-any.whl', 'race-2.0-py3-none-any.whl'])
  expect(said).toEqual(['mill 1.0, 0.0 MB', 'race 2.0, 0.0 MB'])
  expect(Object.keys(downloadedOf(PACKAGES, folder)).toSorted()).toEqual(['forged', 'mill', 'race'])
})

test('what is here is not downloaded again, unless it is another file', async () => {
  await download('race')
  await download('race')
  expect(index.asked).toHaveLength(1)
  expect(said.at(-1)).toBe('race 2.0 is here')
  writeFileSync(`${folder}race-2.0-py3-none-any.whl`, 'cut')
  await download('race')
  expect(index.asked).toHaveLength(2)
  expect(readFileSync(`${folder}race-2.0-py3-none-any.whl`).length).toBeGreaterThan(100)
})

test.each([
  [
    'forged',
    /race-2\.0-py3-none-any\.whl from 127\.0\.0\.1:\d+ is not the file that Pyodide lists: its hash differs/,
  ],
  [
    'gone',
    /full\/gone-1\.0-py3-none-any\.whl could not be downloaded: status 404\. Another address: --from URL/,
  ],
  ['huge', /larger than the 25 MiB/],
  ['millstone', /^Pyodide has no package millstone\.$/],
])('%s is refused, and nothing of it stays', async (name, message) => {
  await expect(download(name)).rejects.toThrow(message)
  expect(readdirSync(folder)).toEqual([])
})

test('a package without all that it needs counts as missing', async () => {
  await download('mill')
  const { race, ...without } = PACKAGES
  expect(
    Object.keys(downloadedOf({ ...without, race: { ...race, file_name: 'none' } }, folder)),
  ).not.toContain('mill')
})

test('the command names its package, and Pyodide’s own list has the usual ones', () => {
  const { packages } = readLock()
  const commands = commandsFor(packages, { six: packages.six as LockfilePackage })
  expect(commands).toMatchObject({
    numpy: 'npm run python',
    mpl_toolkits: 'npm run python',
    scipy: 'npm run python',
    PIL: 'npm run python',
    pandas: 'npm run python -- pandas',
  })
  expect(commands.six).toBeUndefined()
  expect(withNeeded(USUAL, packages).length).toBeGreaterThan(8)
  for (const { sha256 } of withNeeded(USUAL, packages)) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
})

test('as a command, it says what it can’t do, and fails', async () => {
  const args = [`${ROOT}scripts/python.ts`, '--from', index.url, 'no-such-mill']
  const failed = promisify(execFile)(process.execPath, args)
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: 'Pyodide has no package no-such-mill.\n' })
})
