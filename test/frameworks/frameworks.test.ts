/**
 * The package in projects of Next, Nuxt and Astro, whose files are those of docs/EXAMPLES.md: it builds, its
 * types are right, servers render the tag, and browsers take it over without a complaint and get an answer.
 */
import type { Browser, ConsoleMessage } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { readExamples } from '../support/examples.ts'
import { VISITORS } from '../support/gate.ts'
import { useHouse } from '../support/house.ts'
import { poll } from '../support/pages.ts'
import { createProject, type Framework, freePort, type Project, type Server } from './project.ts'

const NEXT = 'node_modules/next/dist/bin/next'
const NUXT = 'node_modules/nuxt/bin/nuxt.mjs'
const ASTRO = 'node_modules/astro/bin/astro.mjs'
const HOST = '127.0.0.1'

const FRAMEWORKS: Framework[] = [
  {
    name: 'Next',
    build: [NEXT, 'build'],
    start: (port) => [NEXT, 'start', '-H', HOST, '-p', port],
    dev: (port) => [NEXT, 'dev', '-H', HOST, '-p', port],
  },
  {
    name: 'Nuxt',
    build: [NUXT, 'build'],
    checkTypes: [NUXT, 'typecheck'],
    start: () => ['.output/server/index.mjs'],
    dev: (port) => [NUXT, 'dev', '--host', HOST, '--port', port],
  },
  {
    name: 'Astro',
    build: [ASTRO, 'build'],
    checkTypes: [ASTRO, 'check'],
    start: (port) => [ASTRO, 'preview', '--host', HOST, '--port', port],
    dev: (port) => [ASTRO, 'dev', '--host', HOST, '--port', port],
  },
]

const port = await freePort()
const site = `http://${HOST}:${port}`
const house = useHouse({ ...VISITORS, ALLOWED_ORIGINS: site, MODELS: 'gpt-test' })
let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(() => browser.close())

describe.each(FRAMEWORKS)('$name', (framework) => {
  let project: Project
  let server: Server | undefined
  beforeAll(async () => {
    project = await createProject(framework, house.url)
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
  })
  afterAll(() => project?.remove())

  // Before the types are checked, because the build writes those of the framework itself.
  test('what was built is taken over by the browser, and answers', async () => {
    await project.run(framework.build)
    server = await project.serve(framework.start(String(port)), port)
    await expectChat('/')
  })

  const { checkTypes } = framework
  if (checkTypes) test('TypeScript has nothing to say', () => project.run(checkTypes))

  // Only development builds warn of what a server rendered otherwise than the browser.
  test('so it is in development', async () => {
    server = await project.serve(framework.dev(String(port)), port)
    await expectChat('/')
  })

  if (framework.name === 'Next')
    test('a server component renders it too', async () => {
      server = await project.serve(framework.start(String(port)), port)
      const page = await visit('/server')
      await poll(() => page.locator('#send').getAttribute('aria-label')).toBe('Go')
    })
})

/** The page has the chat of the examples: in its HTML and in the browser, with its listener and an answer. */
async function expectChat(path: string): Promise<void> {
  const html = await (await fetch(site + path)).text()
  const [tag = ''] = /<millrace-chat[^>]*>/.exec(html) ?? []
  expect(tag).toContain(`endpoint="${house.url}"`)
  expect(tag).toContain('heading="Ask us"')

  const logged: ConsoleMessage[] = []
  const page = await visit(path, logged)
  expect(await page.locator('millrace-chat').getAttribute('heading')).toBe('Ask us')
  await page.locator('#question').fill('Why?')
  await page.locator('#question').press('Enter')
  await page.locator('.answer .text').getByText('Hello, world!').waitFor()
  await poll(async () => logged.map((it) => it.text())).toContain('answered Hello, world!')
  expect(logged.filter((it) => ['error', 'warning'].includes(it.type())).map((it) => it.text())).toEqual([])
}

async function visit(path: string, logged: ConsoleMessage[] = []) {
  const page = await browser.newPage()
  const thrown: Error[] = []
  page.on('console', (message) => logged.push(message))
  page.on('pageerror', (error) => thrown.push(error))
  await page.goto(site + path)
  await page.locator('#question').waitFor()
  expect(thrown).toEqual([])
  return page
}

test('every example that names its file is in a project', () => {
  const names = FRAMEWORKS.map(({ name }) => name)
  expect(
    readExamples().filter(({ file, heading }) => file !== undefined && !names.includes(heading)),
  ).toEqual([])
})
