/**
 * A package that was downloaded is loaded by the programs that import it, from the Worker, and checked
 * again.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { PythonAssets } from '../../client/run/python/load-python.ts'
import { ROOT } from '../../scripts/bundle.ts'
import { readLock } from '../../scripts/python-packages.ts'
import { startRunFront } from '../support/run-front.ts'
import { useRuns } from '../support/runs.ts'
import { createWheel } from '../support/wheel.ts'

const WHEELS: Record<string, Uint8Array> = {
  'mill-1.0-py3-none-any.whl': createWheel('mill', '1.0', {
    'mill/__init__.py': 'from race import width\ndef power(): return width * 2\n',
  }),
  'race-2.0-py3-none-any.whl': createWheel('race', '2.0', { 'race.py': 'width = 3\n' }),
  'forged-1.0-py3-none-any.whl': createWheel('forged', '1.0', { 'forged.py': 'print("forged")\n' }),
}

const listed = (name: string, version: string, depends: string[], sha256?: string) => {
  const file_name = `${name}-${version}-py3-none-any.whl`
  const content = WHEELS[file_name] ?? new Uint8Array()
  return {
    name,
    version,
    file_name,
    depends,
    imports: [name],
    install_dir: 'site' as const,
    package_type: 'package' as const,
    sha256: sha256 ?? createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  }
}

const asked: string[] = []
const runs = useRuns((worker) => {
  const [core = ''] = globSync('dist/client/run/python/*/pyodide.mjs', { cwd: ROOT })
  const python: PythonAssets = {
    core: core.replace('dist/client/run/', '').replace('pyodide.mjs', ''),
    packages: 'python/packages/',
    bytes: 13_000_000,
    sent: 6_000_000,
    lock: {
      ...readLock(),
      packages: {
        mill: listed('mill', '1.0', ['race']),
        race: listed('race', '2.0', []),
        forged: listed('forged', '1.0', [], 'ab'.repeat(32)),
      },
    },
  }
  return startRunFront(worker, {
    define: { MILLRACE_PYTHON: python, MILLRACE_COMMANDS: {} },
    fileAt(path) {
      if (!path.startsWith('packages/')) return undefined
      asked.push(path)
      return WHEELS[path.replace('packages/', '')]
    },
  })
})

test('with what it needs, and no other', async () => {
  const { text, ended } = await runs.run('python', 'import mill\nmill.power()')
  await ended()
  expect(await text()).toMatch(/^The program has ended\.\s+6\s*$/)
  expect(asked.toSorted()).toEqual([
    'packages/mill-1.0-py3-none-any.whl',
    'packages/race-2.0-py3-none-any.whl',
  ])
})

test('a file that is not the listed one is not run', async () => {
  const { text, ended } = await runs.run('python', 'import forged')
  await ended()
  expect(await text()).not.toMatch(/^forged/m)
})

test('the files of Python are kept for a year, by names that have their versions', async () => {
  for (const file of globSync('dist/client/run/python/**/*.{js,mjs,wasm,zip,whl}', { cwd: ROOT })) {
    const { headers } = await fetch(`${runs.millrace.url}/${file.replace('dist/client/', '')}`)
    expect(headers.get('cache-control'), file).toBe('public, max-age=31536000, immutable')
    expect(headers.get('access-control-allow-origin'), file).toBe('*')
    expect(file).toMatch(/\/(?:worker-[\w-]{8}\.js$|\d+\.\d+\.\d+-[\w-]{8}\/|packages\/)/)
    expect(readFileSync(`${ROOT}${file}`).length).toBeLessThan(25 * 1024 * 1024)
  }
  const { headers } = await fetch(`${runs.millrace.url}/run/frame.js`)
  expect(headers.get('cache-control')).toBe('no-cache')
})
