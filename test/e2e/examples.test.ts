/**
 * Each example of docs/EXAMPLES.md, taken from there and run. Those of whole frameworks, which name their
 * file, are built by test/frameworks/.
 */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import type { Plugin } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { startBrowser } from '../support/browser.ts'
import { svelte, vue } from '../support/compilers.ts'
import { type Bundle, type Consumer, createConsumer } from '../support/consumer.ts'
import { type Example, readExamples } from '../support/examples.ts'
import { useHouse } from '../support/house.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { poll } from '../support/pages.ts'
import { EMBEDDINGS, IMAGES, TRANSCRIPTIONS } from '../support/passed.ts'
import { begin, complete, named, numbered, TEXT_ANSWER } from '../support/responses.ts'
import { answer, events, json } from '../support/scripts.ts'
import { html, type Site, startSite } from '../support/site.ts'
import { chunk, DONE_EVENT, event, finish } from '../support/sse.ts'

const run = promisify(execFile)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const ADDRESS = 'https://millrace.example.com'
const KEY = 'mr_your_access_key'

/** Of the Responses API, beside OpenAI's SDK. */
const CLIENTS = ['@openai/agents-core', '@openai/agents-openai', '@ai-sdk/openai', 'ai']

const examples = readExamples().filter(({ file }) => file === undefined)
const tried = new Set<Example>()

let consumer: Consumer
let browser: Browser | undefined
let site: Site
let shown: { body: string; scripts: Bundle['files'] }

const vars: Record<string, string> = {
  OPEN_ACCESS: 'false',
  ACCESS_KEYS: `reader:${sha256(KEY)}`,
  SESSION_SECRET: 'a secret of thirty-two characters',
}
beforeAll(async () => {
  site = await startSite((path) => {
    const script = shown.scripts.get(path)
    if (script === undefined) return html(shown.body)
    return { headers: { 'content-type': 'text/javascript' }, body: script }
  })
  // Before the house, which stands below, reads it.
  vars.ALLOWED_ORIGINS = site.url
  browser = await startBrowser()
  const packages = ['react', 'react-dom', '@types/react', 'csstype', 'vue', 'svelte', 'openai']
  consumer = await createConsumer(...packages, ...CLIENTS)
})
const house = useHouse(vars)
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close()
})
afterAll(async () => {
  await browser?.close()
  site.stop()
  await consumer.remove()
})

/** The code that stands under a heading, with this Worker's address in the place of the reader's. */
function example(heading: string, language: string, nth = 0): string {
  const found = examples.filter((it) => it.heading === heading && it.language === language)[nth]
  if (!found) throw new TypeError(`There is no ${language} under "${heading}".`)
  tried.add(found)
  return found.code.replaceAll(ADDRESS, house.url)
}

/** Opens a page with this in its body. */
async function visit(body: string, scripts: Bundle['files'] = new Map()) {
  shown = { body, scripts }
  const tab = await browser?.newPage()
  if (!tab) throw new TypeError('There is no browser.')
  const logged: string[] = []
  tab.on('console', (message) => logged.push(message.text()))
  tab.on('pageerror', (error) => logged.push(String(error)))
  await tab.goto(site.url)
  return { tab, logged }
}

type Visited = Awaited<ReturnType<typeof visit>>

/** The element of the example is there, looks as the example says, and its listener hears it. */
async function expectChat({ tab, logged }: Visited, endpoint: string | null): Promise<void> {
  await poll(() => tab.evaluate(() => !!document.querySelector('millrace-chat')?.shadowRoot)).toBe(true)
  const attributes = await tab.evaluate(() => {
    const chat = document.querySelector('millrace-chat')
    return ['heading', 'endpoint'].map((name) => chat?.getAttribute(name))
  })
  expect(attributes).toEqual(['Ask us', endpoint])
  await tab.evaluate(() => {
    const init = { detail: { answer: 'Because.' }, bubbles: true, composed: true }
    document.querySelector('millrace-chat')?.dispatchEvent(new CustomEvent('millrace-answer', init))
  })
  await poll(async () => logged).toEqual(['answered Because.'])
}

const APP = '<div id="app"></div>'

describe('in a browser', () => {
  test('plain HTML, one tag', async () => {
    const { tab, logged } = await visit(example('Plain HTML', 'html'))
    await poll(() => tab.evaluate(() => !!document.querySelector('millrace-chat')?.shadowRoot)).toBe(true)
    expect(logged).toEqual([])
  })

  test('plain HTML, in its own place', async () => {
    await expectChat(await visit(example('Plain HTML', 'html', 1)), null)
  })

  test.each<[heading: string, extension: string, main: string, plugins: Plugin[]]>([
    [
      'React',
      'tsx',
      `import { createElement } from 'react'
       import { createRoot } from 'react-dom/client'
       import { Ask } from './Ask.tsx'
       createRoot(document.querySelector('#app')).render(createElement(Ask))`,
      [],
    ],
    [
      'Vue',
      'vue',
      `import { createApp } from 'vue'
       import Ask from './Ask.vue'
       createApp(Ask).mount('#app')`,
      [vue],
    ],
    [
      'Svelte',
      'svelte',
      `import { mount } from 'svelte'
       import Ask from './Ask.svelte'
       mount(Ask, { target: document.querySelector('#app') })`,
      [svelte],
    ],
  ])('%s', async (heading, extension, main, plugins) => {
    const code = example(heading, extension)
    const { files } = await consumer.bundle({ [`${heading}.js`]: main, [`Ask.${extension}`]: code }, plugins)
    const [entry] = files.keys()
    await expectChat(await visit(`${APP}<script type="module" src="${entry}"></script>`, files), house.url)
  })

  test('no element', async () => {
    const { files } = await consumer.bundle({ 'stream.js': example('No element', 'js') })
    const [entry] = files.keys()
    const { tab } = await visit(`<script type="module" src="${entry}"></script>`, files)
    await poll(() => tab.evaluate(() => document.body.textContent)).toBe('Hello, world!')
  })
})

test('React: TypeScript has nothing to say', async () => {
  expect(await consumer.check({ 'React.tsx': example('React', 'tsx') })).toBe('')
})

async function runNode(code: string): Promise<string> {
  await writeFile(`${consumer.folder}/example.mjs`, code)
  return (await run(process.execPath, ['example.mjs'], { cwd: consumer.folder })).stdout
}

/** The example in the background, with the client of the one before it, whose first connection breaks. */
function inBackground(from: typeof example, more: number): string {
  const streamed = from('Streamed', 'js')
    .split('\n', 2)
    .join('\n')
    .replace('new OpenAI({', 'new OpenAI({ fetch: cut,')
  return `${streamed}\n${from('In the background', 'js')}\n${cutting}`.replaceAll('MORE', String(more))
}

const cutting = `
async function cut(...asked) {
  const answer = await fetch(...asked)
  if (asked[1].method !== 'POST') return answer
  let left
  const broken = new TransformStream({
    transform(chunk, controller) {
      const idAt = new TextDecoder().decode(chunk).indexOf('\\n\\n')
      left ??= idAt + 1 + MORE
      controller.enqueue(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) controller.error(new TypeError('The connection broke.'))
    },
  })
  return new Response(answer.body.pipeThrough(broken), answer)
}`

const python = (code: string, env = {}) =>
  spawnSync('python3', ['-c', code], { encoding: 'utf8', env: { ...process.env, ...env } })

/**
 * There is no Python on every machine, and OpenAI's package on few: then a stand-in that knows the same
 * names.
 */
const pythonPath = () =>
  python('import openai').status === 0
    ? {}
    : { PYTHONPATH: `${ROOT}test/support/python`, PYTHONDONTWRITEBYTECODE: '1' }

const streamed = () => events(numbered(TEXT_ANSWER).map(named))

describe('with an access key', () => {
  test("OpenAI's SDK in JavaScript", async () => {
    expect(await runNode(example("OpenAI's SDK", 'js'))).toBe('Hello, world!')
  })

  test("OpenAI's SDK in Python", async ({ skip }) => {
    const code = example("OpenAI's SDK", 'python')
    if (python('').status !== 0) skip('There is no python3.')
    const options = { env: { ...process.env, ...pythonPath() } }
    expect(await run('python3', ['-c', code], options)).toEqual({ stdout: 'Hello, world!', stderr: '' })
  })

  /** What a model calls of the example's tool, and what it is told. */
  const stock = { name: 'stock', arguments: '{"article":"millstones"}' }
  const told = '{"article":"millstones","left":3}'

  test('tools of your own', async () => {
    const called = [{ index: 0, id: 'call_1', type: 'function', function: stock }]
    house.upstream.next(
      events([event(chunk({ tool_calls: called })), finish('tool_calls'), DONE_EVENT]),
      answer(['Three.']),
    )
    expect(await runNode(example('Tools of your own', 'js'))).toBe('Three.')
    expect(house.upstream.calls[0]?.request.tools).toMatchObject([
      { type: 'function', function: { name: 'stock', description: 'How many are left' } },
    ])
    expect(house.upstream.calls[1]?.request.messages).toEqual([
      { role: 'user', content: 'Are there any millstones left?' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: stock }] },
      { role: 'tool', tool_call_id: 'call_1', content: told },
    ])
  })

  test('tools of your own, by the Responses API', async () => {
    const item = { type: 'function_call', call_id: 'call_1', ...stock, status: 'completed' }
    const call = complete([
      ...begin(),
      { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
      { type: 'response.output_item.done', output_index: 0, item },
    ])
    house.upstream.next(events(numbered(call).map(named)), streamed())
    const code = example('Tools of your own', 'js')
      .replace('/v1/streams', '/v1/responses')
      .replace(/messages: \[.*\]/, "input: 'Are there any left?'")
    expect(await runNode(code)).toBe('Hello, wörld!')
    const { input } = house.upstream.calls[1]?.request ?? {}
    expect(input).toMatchObject([
      { role: 'user', content: 'Are there any left?' },
      { type: 'function_call', call_id: 'call_1' },
      { type: 'function_call_output', call_id: 'call_1', output: told },
    ])
  })

  // Where the stand-in ran: what its names can't show, the real package's example does.
  test('both SDKs are told the same', () => {
    const texts = (language: string) =>
      Array.from(
        (example("OpenAI's SDK", language).split('print')[0] ?? '').matchAll(/'([^']+)'/g),
        ([, text]) => text,
      )
    // Python quotes the fields' names too.
    const names = ['role', 'content']
    expect(texts('python').filter((text = '') => !names.includes(text))).toEqual(texts('js').slice(1))
  })

  test.each([
    ['Streamed', streamed, ''],
    ['Agents', () => json(TEXT_ANSWER.at(-1)?.response), '\n'],
    ['AI SDK', streamed, ''],
  ])('the Responses API, %s', async (heading, answer, after) => {
    house.upstream.next(answer())
    expect(await runNode(example(heading, 'js'))).toBe(`Hello, wörld!${after}`)
    expect(house.upstream.calls[0]?.path).toBe('/v1/responses')
  })

  test('embeddings, recordings, pictures', async () => {
    const vectors = { ...EMBEDDINGS.whole, data: [1, 2].map((index) => ({ index, embedding: 'AACAPg==' })) }
    house.upstream.next(json(vectors), events([...TRANSCRIPTIONS.events]), events([...IMAGES.events]))
    const speech = `${ROOT}test/support/words.ts`
    const ofNth = (nth: number) =>
      runNode(example('Embeddings, recordings, pictures', 'js', nth).replace('speech.mp3', speech))
    expect(await ofNth(0)).toBe('2 vectors\n')
    expect(await ofNth(1)).toBe('A millrace brings the stream.')
    expect(await ofNth(2)).toBe('image_generation.partial_image 12\nimage_generation.completed 12\n')
    expect(house.upstream.calls.map(({ path }) => path)).toEqual(
      [EMBEDDINGS, TRANSCRIPTIONS, IMAGES].map(({ path }) => path),
    )
  })

  test.each([1, 600, 2500])(
    'the Responses API, in the background, cut after %i bytes more than its id',
    async (more) => {
      house.upstream.next(streamed())
      expect(await runNode(inBackground(example, more))).toBe('Hello, wörld!')
      expect(house.upstream.calls).toHaveLength(1)
      await expect.poll(() => house.logs.map(({ route }) => route)).toContain('/v1/responses/:id')
    },
  )

  test('the Responses API, with curl', async () => {
    house.upstream.next(streamed())
    const all = (await run('sh', ['-c', example('With curl', 'sh')])).stdout
    const env = { ...process.env, ID: /resp_[\w-]+/.exec(all)?.[0] }
    const { stdout } = await run('sh', ['-c', example('With curl', 'sh', 1)], { env })
    expect(stdout).toBe(all.slice(all.indexOf('id: 4\n')))
    expect(stdout).toContain('event: response.completed')
  })

  test.each([
    ['text', 0, 'Hello, world!'],
    ["OpenAI's format", 1, 'data: [DONE]'],
  ])('curl, %s', async (_, nth, expected) => {
    const { stdout } = await run('sh', ['-c', example('curl', 'sh', nth)])
    expect(stdout).toContain(expected)
  })
})

describe('with nothing but `npm start`', () => {
  let millrace: Millrace
  beforeAll(async () => {
    millrace = await startMillrace({ DEMO_SPEED: '1000' })
  })
  afterAll(() => millrace?.stop())
  const local = (...where: Parameters<typeof example>) =>
    example(...where).replaceAll(house.url, millrace.url)

  test("OpenAI's SDK in JavaScript", async () => {
    expect(await runNode(local("OpenAI's SDK", 'js'))).toContain('Rayleigh scattering')
  })

  test.each(['Streamed', 'Agents', 'AI SDK'])('the Responses API, %s', async (heading) => {
    expect(await runNode(local(heading, 'js'))).toContain('Rayleigh scattering')
  })

  test('the Responses API, in the background', async () => {
    expect(await runNode(inBackground(local, 1))).toContain('Rayleigh scattering')
  })

  test("OpenAI's SDK in Python", async ({ skip }) => {
    const code = local("OpenAI's SDK", 'python')
    if (python('').status !== 0) skip('There is no python3.')
    const { stdout } = await run('python3', ['-c', code], { env: { ...process.env, ...pythonPath() } })
    expect(stdout).toContain('Rayleigh scattering')
  })

  test.each([0, 1])('curl, the example %i', async (nth) => {
    const { stdout } = await run('sh', ['-c', local('curl', 'sh', nth)])
    expect(stdout).toContain('Rayleigh')
  })
})

test('none is left untried, and none is longer than five lines', () => {
  expect(examples.filter((it) => !tried.has(it))).toEqual([])
  for (const { code } of examples) expect(code.trim().split('\n').length).toBeLessThanOrEqual(5)
})
