/** `npm run documents` as its user meets it: what it prints, where it is configured, and its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { KEY, startVectorStores, type VectorStores } from '../support/vector-store-server.ts'

let server: VectorStores
let folder: string
let started: ChildProcess[] = []
beforeEach(async () => {
  server = await startVectorStores()
  folder = mkdtempSync(join(tmpdir(), 'docs-'))
  writeFileSync(join(folder, 'size.md'), '# Sizes')
  writeFileSync(join(folder, 'care.html'), '<title>Care</title>')
})
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL')
  started = []
  await server.stop()
  rmSync(folder, { recursive: true })
})

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawn('node', ['scripts/documents.ts', ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      NO_COLOR: '1',
      INIT_CWD: tmpdir(),
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: server.baseUrl,
      ...env,
    },
  })
  started.push(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    said.out += text
  })
  child.stderr.on('data', (text) => {
    said.err += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ ...said, code, signal }))
  return { child, ended }
}

const run = (args: string[], env?: Record<string, string>) => start(args, env).ended

test('it uploads a folder, and says which line to set where', async () => {
  // From where npm was called.
  const first = await run([basename(folder), '--site', 'https://example.com/'])
  expect(first.code, first.err).toBe(0)
  expect(first.err).toMatch(/^Uploading 2…\n {2}1\/2 uploaded \S+\n {2}2\/2 uploaded \S+\nProcessing 2…\n/)
  expect(first.err).toContain('2 uploaded, 0 replaced, 0 unchanged, 0 deleted, 0 failed')
  const [, tools = ''] = /^TOOLS=(.+)$/m.exec(first.out) ?? []
  const [store] = server.stores.values()
  expect(JSON.parse(tools)).toEqual([{ type: 'file_search', vector_store_ids: [store?.id] }])
  expect(first.out).toContain(`TOOLS = '${tools}' under [vars] in wrangler.toml`)
  const pages = [...(server.storeFiles.get(store?.id ?? '')?.values() ?? [])]
  expect(pages.map(({ attributes }) => attributes)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ path: 'size.md', url: 'https://example.com/size', title: 'Sizes' }),
      expect.objectContaining({ path: 'care.html', url: 'https://example.com/care.html', title: 'Care' }),
    ]),
  )

  writeFileSync(join(folder, 'empty.md'), '')
  writeFileSync(join(folder, 'logo.png'), 'x')
  const second = await run([folder])
  expect(second.code).toBe(1)
  expect(second.err).toContain(
    '0 uploaded, 0 replaced, 2 unchanged, 0 deleted, 1 failed\n  empty.md: is empty',
  )
  expect(second.err).toContain('Other types, left alone: 1 .png')
  expect(second.out).toContain(`TOOLS=${tools}`)
})

test('killed in the middle, the next run goes on', async () => {
  const killed = Promise.withResolvers<void>()
  server.fault = (_, { method, path }) => {
    if (method !== 'POST' || !path.endsWith('/files') || path === '/v1/files') return undefined
    // Both files are in the account, and not in the store.
    for (const child of started) child.kill('SIGKILL')
    killed.resolve()
    return 'drop'
  }
  const { ended } = start([folder])
  await killed.promise
  expect((await ended).signal).toBe('SIGKILL')
  await server.idle()
  server.fault = () => undefined
  const { code, err } = await run([folder])
  expect(code, err).toBe(0)
  expect(err).toMatch(/^Uploads of an interrupted run, deleted: [12]$/m)
  expect(server.files.size).toBe(2)
})

test('Ctrl-C ends it at once, and says that it can go on', async () => {
  const { child, ended } = start([folder])
  // As often as a terminal and npm may send it.
  server.fault = (_, { method }) => {
    if (method === 'POST') child.kill('SIGINT')
    return undefined
  }
  const { code, err, out } = await ended
  expect(code).toBe(130)
  expect(err).toContain('Interrupted. The same command goes on with what is missing.')
  expect(out).toBe('')
})

test('a dry run says what it would do', async () => {
  const { code, err, out } = await run([folder, '--dry-run'])
  expect(code).toBe(0)
  expect(err).toContain('Nothing was changed. 2 new, 0 changed, 0 unchanged, 0 to delete, 0 failed')
  expect(err).toContain('  would upload  size.md\n')
  expect(err).toContain('  would create a vector store')
  expect(out).toBe('')
  expect(server.asked.every(({ method }) => method === 'GET')).toBe(true)
})

test('help says every option', async () => {
  const { code, out } = await run(['--help'])
  expect(code).toBe(0)
  for (const option of ['--name', '--store', '--site', '--replace-all', '--dry-run']) {
    expect(out).toContain(option)
  }
})

test.each<[string, string[], Record<string, string>, RegExp]>([
  ['no key', ['.'], { OPENAI_API_KEY: '' }, /^OPENAI_API_KEY is not set/],
  [
    'a wrong key',
    ['.'],
    { OPENAI_API_KEY: 'sk-wrong' },
    /refuses the key \(401\)\. Check OPENAI_API_KEY\.\n$/,
  ],
  ['a wrong address', ['.'], { OPENAI_BASE_URL: 'api.openai.com' }, /^OPENAI_BASE_URL/],
  [
    'a server without vector stores',
    ['.'],
    { OPENAI_BASE_URL: 'BASE/elsewhere' },
    /has no vector_stores \(404\)\. Check OPENAI_BASE_URL/,
  ],
  ['no folder named', [], {}, /^Name one folder/],
  ['a folder that is not there', ['nowhere'], {}, /^There is no folder .*nowhere\.\n$/],
  ['a file', ['size.md'], {}, /size\.md is no folder/],
  ['an unknown option', ['.', '--nmae', 'x'], {}, /--nmae/],
  ['no id of a store', ['.', '--store', 'docs'], {}, /^--store takes the id of a vector store/],
  ['no address', ['.', '--site', 'example.com'], {}, /^--site takes an address/],
])('%s is said in one line, and nothing is uploaded', async (_, args, env, message) => {
  const values = Object.entries(env).map(([name, value]) => [name, value.replace('BASE', server.baseUrl)])
  const { code, err, out } = await run(args, { INIT_CWD: folder, ...Object.fromEntries(values) })
  expect(err).toMatch(message)
  expect(err.trim()).not.toContain('\n')
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(server.files.size).toBe(0)
})
