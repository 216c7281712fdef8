/** A folder's documents and a vector store, over real HTTP, with a server that fails on command. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApi } from '../../scripts/documents/api.ts'
import { readFolder } from '../../scripts/documents/folder.ts'
import { parseSite } from '../../scripts/documents/page.ts'
import { type Outcome, type SyncOptions, sync } from '../../scripts/documents/sync.ts'
import { type Fault, KEY, startVectorStores, type VectorStores } from '../support/vector-store-server.ts'

let server: VectorStores
let empty: () => void
beforeAll(async () => {
  server = await startVectorStores()
  empty = server.save()
})
afterAll(() => server.stop())

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'documents-'))
})
afterEach(async () => {
  rmSync(root, { recursive: true })
  await server.idle()
  empty()
  server.failing = () => null
  server.onChange = () => {}
})

function write(files: Record<string, string | Uint8Array>, folder = root): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

type Options = Partial<Omit<SyncOptions, 'api'>> & { signal?: AbortSignal; key?: string }

async function run({ signal, key = KEY, ...options }: Options = {}, folder = root): Promise<Outcome> {
  return sync({
    folder: await readFolder(folder),
    name: 'shop/docs',
    store: undefined,
    site: undefined,
    dryRun: false,
    replaceAll: false,
    api: createApi({
      baseUrl: server.baseUrl,
      apiKey: key,
      signal: signal ?? new AbortController().signal,
      backoffMs: 1,
    }),
    on: { begins() {}, file() {} },
    firstPollMs: 1,
    ...options,
  })
}

const writes = () => server.asked.filter(({ method }) => method !== 'GET')
const filesOf = (store = '') => [...(server.storeFiles.get(store)?.values() ?? [])]
const attributesOf = (store: string | undefined, path: string) =>
  filesOf(store).find(({ attributes }) => attributes.path === path)?.attributes

test('a folder is uploaded, then only what has changed', async () => {
  write({ 'index.md': '# Shop', 'guide/size.md': 'Sizes', 'faq.html': '<p>Why?</p>', 'terms.txt': 'Terms' })
  const first = await run()
  expect(first).toMatchObject({
    added: ['faq.html', 'guide/size.md', 'index.md', 'terms.txt'],
    replaced: [],
    unchanged: 0,
  })
  expect(server.documents(first.store ?? '')).toEqual({
    'index.md': '# Shop',
    'guide/size.md': 'Sizes',
    'faq.html': '<p>Why?</p>',
    'terms.txt': 'Terms',
  })
  server.asked.length = 0
  expect(await run()).toMatchObject({ store: first.store, added: [], deleted: [], unchanged: 4 })
  expect(writes()).toEqual([])

  write({ 'guide/size.md': 'More sizes', 'guide/care.md': 'Care' })
  rmSync(join(root, 'faq.html'))
  renameSync(join(root, 'terms.txt'), join(root, 'conditions.txt'))
  expect(await run()).toMatchObject({
    store: first.store,
    added: ['conditions.txt', 'guide/care.md'],
    replaced: ['guide/size.md'],
    deleted: ['terms.txt', 'faq.html'],
    unchanged: 1,
  })
  expect(server.documents(first.store ?? '')).toEqual({
    'index.md': '# Shop',
    'guide/size.md': 'More sizes',
    'guide/care.md': 'Care',
    'conditions.txt': 'Terms',
  })
  // Nothing is left in the account.
  expect(server.files.size).toBe(4)
})

test('hidden files, node_modules, links and other types are left alone', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'))
  write({ 'secret.md': 'Secret' }, elsewhere)
  write({
    'a.md': 'A',
    '.git/b.md': 'B',
    '.c.md': 'C',
    'node_modules/d/readme.md': 'D',
    'e.png': 'E',
    Makefile: 'F',
  })
  symlinkSync(join(elsewhere, 'secret.md'), join(root, 'link.md'))
  symlinkSync(elsewhere, join(root, 'links'))
  const folder = await readFolder(root)
  rmSync(elsewhere, { recursive: true })
  expect(folder.documents.map(({ path }) => path)).toEqual(['a.md'])
  expect([...folder.others]).toEqual([
    ['without extension', 1],
    ['.png', 1],
  ])
})

test.each([
  ['guide/a.md', 'guide/a.md'],
  ['guide/a.MD', 'guide/a.md'],
  ['a.markdown', 'a.md'],
  ['a.b.mdx', 'a.b.md'],
  ['a.htm', 'a.html'],
  ['a.PDF', 'a.pdf'],
  ['Größe "1".txt', 'Größe "1".txt'],
])('%s is uploaded as %s, a name that OpenAI takes', async (path, filename) => {
  write({ [path]: '%PDF-1.7' })
  const { store, failed } = await run()
  expect(failed).toEqual(new Map())
  expect([...server.files.values()].map((file) => file.filename)).toEqual([filename])
  expect(attributesOf(store, path)).toBeDefined()
})

test('a name is the same however a system composes its letters', async () => {
  write({ ['caf\u00e9.md'.normalize('NFD')]: 'Coffee' })
  await run()
  rmSync(join(root, 'caf\u00e9.md'.normalize('NFD')))
  write({ ['caf\u00e9.md'.normalize('NFC')]: 'Coffee' })
  expect(await run()).toMatchObject({ added: [], deleted: [], unchanged: 1 })
})

describe('what can’t be a document is named with its reason, and all else is done', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['empty.md', '', /^is empty$/],
    ['blank.txt', ' \n\t\n', /^is empty$/],
    ['latin.md', Buffer.from('Stra\xdfe', 'latin1'), /UTF-8/],
    ['cut.md', Buffer.from('Straße').subarray(0, 5), /UTF-8/],
    ['page.pdf', '<html>', /no PDF/],
    [`${'d/'.repeat(255)}long.md`, 'Long', /512 characters/],
  ])('%s', async (path, content, reason) => {
    write({ [path]: content, 'good.md': 'Good' })
    const { store, failed, added } = await run()
    expect([...failed]).toEqual([[path, expect.stringMatching(reason)]])
    expect(added).toEqual(['good.md'])
    expect(server.documents(store ?? '')).toEqual({ 'good.md': 'Good' })
  })

  test('a text of more than 5,000,000 tokens', async () => {
    write({ 'long.txt': 'a b\n'.repeat(1_700_000), 'good.md': 'Good' })
    const { failed } = await run()
    expect([...failed]).toEqual([['long.txt', expect.stringContaining('5,000,000 tokens')]])
  })

  test('UTF-16 is taken', async () => {
    write({ 'wide.txt': Buffer.from('\ufeffWide', 'utf16le') })
    expect((await run()).failed.size).toBe(0)
  })

  test('a file that changes between its hash and its upload', async () => {
    write({ 'moving.md': 'One', 'good.md': 'Good' })
    const folder = await readFolder(root)
    write({ 'moving.md': 'Another' })
    const { failed, added } = await run({ folder })
    expect(failed.get('moving.md')).toMatch(/changed while it was uploaded/)
    expect(added).toEqual(['good.md'])
  })

  test('a file that OpenAI can’t process, and its old version stays', async () => {
    write({ 'a.md': 'A', 'b.md': 'B' })
    const { store = '' } = await run()
    write({ 'a.md': 'A, broken' })
    server.failing = ({ content }) =>
      content.includes('broken') ? { code: 'invalid_file', message: 'It has no text.' } : null
    const { failed, unchanged } = await run()
    expect([...failed]).toEqual([['a.md', 'could not be processed (invalid_file): It has no text.']])
    expect(unchanged).toBe(1)
    expect(server.documents(store)).toEqual({ 'a.md': 'A', 'b.md': 'B' })
    expect(server.files.size).toBe(2)
    server.failing = () => null
    expect((await run()).replaced).toEqual(['a.md'])
    expect(server.documents(store)).toEqual({ 'a.md': 'A, broken', 'b.md': 'B' })
  })

  test('a file that the store refuses, and nothing of it stays in the account', async () => {
    write({ 'a.md': 'A', 'b.md': 'B' })
    let refused = false
    server.fault = (_, { method, path }) => {
      if (refused || method !== 'POST' || !/vector_stores\/vs_\d+\/files$/.test(path)) return undefined
      refused = true
      return { status: 400 }
    }
    const { failed, lost } = await run()
    expect([...failed.values()]).toEqual(['Status 400. (400)'])
    expect(lost).toBe(1)
    expect(server.files.size).toBe(1)
  })

  test('an empty file keeps what the store has of it', async () => {
    write({ 'a.md': 'A', 'b.md': 'B' })
    const { store = '' } = await run()
    write({ 'a.md': '' })
    expect((await run()).deleted).toEqual([])
    expect(server.documents(store)).toEqual({ 'a.md': 'A', 'b.md': 'B' })
  })
})

describe('only its own', () => {
  test('files of others in the same store are not touched', async () => {
    const { id } = server.addStore('theirs', { team: 'sales' })
    const theirs = server.addFile('a.md', 'Theirs')
    server.attach(id, theirs.id, { path: 'a.md', sha256: 'x' })
    const plain = server.addFile('plain.md', 'Plain')
    server.attach(id, plain.id)
    const others = mkdtempSync(join(tmpdir(), 'blog-'))
    write({ 'a.md': 'Blog' }, others)
    write({ 'a.md': 'Docs' })
    await run({ store: id, name: 'blog' }, others)
    rmSync(others, { recursive: true })
    await run({ store: id })
    write({ 'b.md': 'More' })
    await run({ store: id })
    rmSync(join(root, 'a.md'))
    expect(await run({ store: id })).toMatchObject({ store: id, deleted: ['a.md'] })
    expect(filesOf(id).map(({ id: file }) => server.files.get(file)?.content)).toEqual([
      'Theirs',
      'Plain',
      'Blog',
      'More',
    ])
    expect(server.stores.get(id)?.metadata).toMatchObject({ team: 'sales' })
  })

  test('another store of the same name is not taken', async () => {
    server.addStore('shop/docs')
    write({ 'a.md': 'A' })
    const { store } = await run()
    expect(server.stores.size).toBe(2)
    expect(server.stores.get(store ?? '')?.metadata.millrace).toBe('shop/docs')
  })

  test('a folder with none of the documents is refused', async () => {
    write({ 'a.md': 'A' })
    const { store = '' } = await run()
    rmSync(join(root, 'a.md'))
    await expect(run()).rejects.toThrow('--replace-all')
    write({ 'other.md': 'Other' })
    await expect(run()).rejects.toThrow('--replace-all')
    expect(server.documents(store)).toEqual({ 'a.md': 'A' })
    expect(await run({ replaceAll: true })).toMatchObject({ added: ['other.md'], deleted: ['a.md'] })
    expect(server.documents(store)).toEqual({ 'other.md': 'Other' })
  })

  test('a dry run changes nothing', async () => {
    write({ 'a.md': 'A' })
    expect(await run({ dryRun: true })).toMatchObject({ store: undefined, added: ['a.md'] })
    await run()
    write({ 'a.md': 'Changed' })
    server.asked.length = 0
    expect(await run({ dryRun: true })).toMatchObject({ replaced: ['a.md'] })
    expect(writes()).toEqual([])
  })
})

describe('what is known of a page', () => {
  const page = async (path: string, content: string, site?: string) => {
    write({ [path]: content })
    const { store } = await run({ site: site === undefined ? undefined : parseSite(site) })
    const { url, title } = attributesOf(store, path) ?? {}
    return { url, title }
  }

  test.each([
    ['https://example.com/docs/', 'guide/size.md', 'https://example.com/docs/guide/size'],
    ['https://example.com/docs', 'guide/size.md', 'https://example.com/docs/guide/size'],
    ['https://example.com/docs/*.html', 'guide/size.md', 'https://example.com/docs/guide/size.html'],
    ['https://example.com/docs/*/', 'guide/size.mdx', 'https://example.com/docs/guide/size/'],
    ['https://example.com/docs/*.html', 'guide/index.md', 'https://example.com/docs/guide/'],
    ['https://example.com/', 'README.md', 'https://example.com/'],
    ['https://example.com/', 'guide/a.html', 'https://example.com/guide/a.html'],
    ['https://example.com/*', 'guide/a.html', 'https://example.com/guide/a'],
    ['https://example.com/*', 'guide/index.html', 'https://example.com/guide/'],
    ['https://example.com/*/', 'größe 1.txt', 'https://example.com/gr%C3%B6%C3%9Fe%201.txt'],
    [undefined, 'a.md', undefined],
  ])('with --site %s, %s is at %s', async (site, path, url) => {
    expect((await page(path, 'Text', site)).url).toBe(url)
  })

  test.each([
    ['a.md', 'Text\n\n# The `size` of a [shoe](x.md) ##\n', 'The size of a shoe'],
    ['a.md', '---\nlayout: x\ntitle: "Sizes: all"\n---\n# Other\n', 'Sizes: all'],
    ['a.md', '```sh\n# a comment\n```\n# Title\n', 'Title'],
    ['a.md', 'No heading', undefined],
    ['a.html', '<title lang="en">\n Q&amp;A &#8211; Shop </title><h1>x</h1>', 'Q&A – Shop'],
    ['a.txt', '# Title', undefined],
  ])('the title of %s %j is %s', async (path, content, title) => {
    expect((await page(path, content)).title).toBe(title)
  })

  test.each([
    ['<link rel="canonical" href="https://example.com/a?x=1&amp;y=2">', 'https://example.com/a?x=1&y=2'],
    ['<LINK href=/sizes rel=canonical>', 'https://shop.example/sizes'],
    ['<link rel="canonical" href="javascript:alert(1)">', 'https://shop.example/a.html'],
  ])('%s', async (html, url) => {
    expect((await page('a.html', html, 'https://shop.example/')).url).toBe(url)
  })

  test('another site changes the attributes alone', async () => {
    await page('a.md', '# A', 'https://old.example/')
    server.asked.length = 0
    expect(await page('a.md', '# A', 'https://new.example/')).toEqual({
      url: 'https://new.example/a',
      title: 'A',
    })
    expect(writes()).toHaveLength(1)
    expect(await page('a.md', '# A')).toEqual({ url: undefined, title: 'A' })
  })

  test.each(['example.com', 'ftp://example.com/', 'https://a.example/*/*', 'https://a.example/?page=*', '*'])(
    '--site %s is refused',
    (site) => expect(() => parseSite(site)).toThrow('--site takes'),
  )
})

describe('a server that fails', () => {
  test('more than 100 files, with a list in pages', async () => {
    write(Object.fromEntries(Array.from({ length: 230 }, (_, i) => [`${i}.md`, `Document ${i}`])))
    const { store = '', added } = await run()
    expect(added).toHaveLength(230)
    expect(Object.keys(server.documents(store))).toHaveLength(230)
    server.asked.length = 0
    expect(await run()).toMatchObject({ unchanged: 230 })
    expect(writes()).toEqual([])
  })

  test.each<[string, Fault]>([
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['500', { status: 500 }],
    ['503 with a pause', { status: 503, headers: { 'retry-after-ms': '5' } }],
    ['a reset in the middle of the upload', 'cut'],
    ['a lost answer', 'lose'],
  ])('%s, then it works', async (_, fault) => {
    write({ 'a.txt': 'A'.repeat(3_000_000), 'b.md': 'B' })
    let left = 2
    server.fault = (_n, { method, path }) =>
      method === 'POST' && path === '/v1/files' && left-- > 0 ? fault : undefined
    const { store = '', failed } = await run()
    expect(failed).toEqual(new Map())
    expect(Object.keys(server.documents(store)).sort()).toEqual(['a.txt', 'b.md'])
    expect(server.files.size).toBe(2)
  })

  test('a store whose creation got no answer is found, not created again', async () => {
    write({ 'a.md': 'A' })
    let left = 1
    server.fault = (_, { method, path }) =>
      method === 'POST' && path === '/v1/vector_stores' && left-- > 0 ? 'lose' : undefined
    const { store } = await run()
    expect([...server.stores.keys()]).toEqual([store])
  })

  test('no request leaves before the time that a rate limit names', async () => {
    write(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`${i}.md`, `Document ${i}`])))
    let limited = 0
    server.fault = (_, { method, path, at }) => {
      if (limited > 0 || method !== 'POST' || path !== '/v1/files') return undefined
      limited = at
      return { status: 429, headers: { 'retry-after-ms': '300' } }
    }
    expect((await run()).failed.size).toBe(0)
    // Three more were under way at the time.
    const later = server.asked.filter(({ at }) => at > limited + 150)
    expect(later.length).toBeGreaterThan(8)
    for (const { at } of later) expect(at - limited).toBeGreaterThan(290)
  })

  test.each<[string, Fault, RegExp]>([
    ['an hour’s pause', { status: 429, headers: { 'retry-after': '3600' } }, /429/],
    ['no credit', { status: 429, code: 'insufficient_quota' }, /no credit/],
    ['no permission', { status: 403 }, /refuses access/],
    ['errors without end', { status: 500 }, /500/],
    ['no answer at all', 'drop', /no answer from 127\.0\.0\.1/],
  ])('%s ends the run', async (_, fault, message) => {
    write({ 'a.md': 'A' })
    server.fault = () => fault
    await expect(run()).rejects.toThrow(message)
  })

  test('a wrong key is said, and not shown', async () => {
    write({ 'a.md': 'A' })
    const refused = run({ key: 'sk-wrong' })
    await expect(refused).rejects.toThrow('Check OPENAI_API_KEY')
    await expect(refused).rejects.not.toThrow('sk-wrong')
  })

  test.each([
    ['vs_none', undefined],
    ['vs_1', 'expired'],
  ])('the store %s can’t be used', async (id, status) => {
    const store = server.addStore('x')
    server.stores.delete(store.id)
    if (status) server.stores.set(id, { ...store, id, status })
    write({ 'a.md': 'A' })
    await expect(run({ store: id })).rejects.toThrow(id)
  })

  test.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    'faults at random, %i: what is there in the end is the folder',
    async (seed) => {
      const before = { 'a.md': 'A', 'b.md': 'B', 'c.md': 'C', 'd.md': 'D', 'e.md': 'E' }
      write(before)
      await run()
      write({ 'a.md': 'A 2', 'b.md': 'B 2', 'f.md': 'F', 'g.md': 'G' })
      rmSync(join(root, 'e.md'))
      const random = mulberry(seed)
      const faults: Fault[] = ['drop', 'lose', 'cut', { status: 500 }, { status: 429 }]
      server.fault = () => (random() < 0.2 ? faults[Math.floor(random() * faults.length)] : undefined)
      const { store = '', failed } = await run()
      expect(failed).toEqual(new Map())
      const after = { ...before, 'a.md': 'A 2', 'b.md': 'B 2', 'f.md': 'F', 'g.md': 'G', 'e.md': undefined }
      expect(server.documents(store)).toEqual(JSON.parse(JSON.stringify(after)))
      expect(server.files.size).toBe(6)
    },
  )
})

describe('cut at any request, the next run brings the store to the folder', () => {
  /** Files of others: in another store under a name of ours, and in none. */
  const addForeign = () => {
    const other = server.addStore('other')
    const shared = server.addFile('new.md', 'New')
    server.attach(other.id, shared.id)
    server.addFile('unused.md', 'Unused')
  }
  const v1 = { 'same.md': 'Same', 'changed.md': 'Old', 'gone.md': 'Gone', 'sub/changed.md': 'Old' }
  const v2 = { 'same.md': 'Same', 'changed.md': 'New!', 'sub/changed.md': 'New!', 'new.md': 'New' }
  const toV2 = () => {
    write(v2)
    rmSync(join(root, 'gone.md'), { force: true })
  }

  /** Each request has its turn: nothing after the `n`th reaches the server. */
  async function cutAt(n: number, how: 'drop' | 'lose'): Promise<void> {
    const stop = new AbortController()
    server.fault = (at) => {
      if (at > n) stop.abort()
      return at < n ? undefined : at === n ? how : 'drop'
    }
    await run({ signal: stop.signal }).catch(() => {})
    await server.idle()
    server.fault = () => undefined
  }

  test.each([
    ['from nothing', 'drop'],
    ['from nothing', 'lose'],
    ['after changes', 'drop'],
    ['after changes', 'lose'],
  ] as const)('%s, %s', async (start, how) => {
    if (start === 'after changes') {
      write(v1)
      await run()
    }
    addForeign()
    const restore = server.save()
    toV2()
    server.asked.length = 0
    await run()
    const requests = server.asked.length
    expect(requests).toBeGreaterThan(12)
    // A document that was there is there at each moment.
    const lacking = new Set<string>()
    const [stored] = [...server.stores.values()].filter(({ metadata }) => metadata.millrace)
    if (start === 'after changes') {
      server.onChange = () => {
        const completed = filesOf(stored?.id).filter(({ status }) => status === 'completed')
        const paths = completed.map(({ attributes }) => attributes.path)
        for (const path of ['same.md', 'changed.md', 'sub/changed.md']) {
          if (!paths.includes(path)) lacking.add(path)
        }
      }
    }
    for (let n = 1; n <= requests; n++) {
      restore()
      await cutAt(n, how)
      const { store = '', failed } = await run()
      const when = `cut at request ${n}`
      expect(failed, when).toEqual(new Map())
      expect(server.documents(store), when).toEqual(v2)
      expect(filesOf(store), when).toHaveLength(4)
      // Those of the folder, and the two of others.
      expect([...server.files.values()].map(({ filename }) => filename).sort(), when).toEqual(
        [...Object.keys(v2), 'new.md', 'unused.md'].sort(),
      )
      expect(server.stores.size, when).toBe(2)
      expect(server.stores.get(store)?.metadata.millrace_uploads, when).toBe('')
    }
    expect([...lacking]).toEqual([])
  })
})

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
