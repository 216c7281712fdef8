/** HTML and JavaScript of answers, shown in a frame inside of the frame. */
import { expect, test } from 'vitest'
import { poll } from '../support/pages.ts'
import { type Running, useRuns } from '../support/runs.ts'

const runs = useRuns()

const inside = ({ frame }: Running) => frame.frameLocator('iframe')
const written = ({ frame }: Running) =>
  frame.locator('pre').evaluateAll((all) => all.map((one) => one.textContent).join(''))

test('a page is shown, works, and is as high as it is', async () => {
  const run = await runs.run(
    'html',
    `<style>body { margin: 0 } button { color: rgb(1, 2, 3) } p { height: 300px; margin: 0 }</style>
     <button onclick="this.textContent = String(Number(this.textContent) + 1)">0</button><p></p>
     <svg width="10" height="10"><circle r="5"></circle></svg>`,
  )
  const button = inside(run).locator('button')
  await button.click()
  expect(await button.textContent()).toBe('1')
  expect(await button.evaluate((one) => getComputedStyle(one).color)).toBe('rgb(1, 2, 3)')
  await poll(() => run.frame.locator('iframe').evaluate((frame) => frame.clientHeight)).toBeGreaterThan(300)
  await run.stop()
  await run.ended()
  expect(await run.frame.locator('iframe').count()).toBe(0)
})

test.each([
  ['what is logged', 'console.log("sum", 1 + 1, { a: [1] }, undefined)', 'sum 2 {"a":[1]} undefined\n'],
  ['a warning', 'console.warn("hot")', 'hot\n'],
  [
    'an error with its line',
    'const a = 1\n\nmissing()',
    'Uncaught ReferenceError: missing is not defined (3)\n',
  ],
  ['an error of its syntax', 'const = 1', /SyntaxError/],
  ['a promise that fails', 'await Promise.reject(new Error("dry"))', /Error: dry/],
  ['what waits', 'await new Promise((done) => setTimeout(done, 1)); console.log("waited")', 'waited\n'],
  ['a script that has the end of one in a text', 'console.log("</script>")', '</script>\n'],
  [
    'what it makes of an empty page',
    'document.body.innerHTML = "<p>made</p>"; console.log(document.querySelector("p").textContent)',
    'made\n',
  ],
])('of a script it shows %s', async (_, code, text) => {
  const run = await runs.run('javascript', code)
  if (typeof text === 'string') await poll(() => written(run)).toBe(text)
  else await poll(() => written(run)).toMatch(text)
})

test('an error after other text is added to it, and leaves the focus where it is', async () => {
  const code = `console.log('one'); const button = document.createElement('button')
    button.onclick = () => console.error('two'); document.body.append(button)`
  const run = await runs.run('javascript', code)
  await poll(() => written(run)).toBe('one\n')
  const output = run.frame.locator('pre')
  await output.focus()
  await inside(run)
    .locator('button')
    .evaluate((button) => button.dispatchEvent(new MouseEvent('click')))
  await poll(() => written(run)).toBe('one\ntwo\n')
  expect([await output.count(), await output.evaluate((pre) => pre.matches(':focus'))]).toEqual([1, true])
})

/** `ELSEWHERE`: another site; `HOST`: the Worker. */
const ATTEMPTS: [what: string, code: string][] = [
  ['a request', `await fetch('ELSEWHERE/fetch')`],
  ['a request to the chat', `await fetch('HOST/healthz')`],
  ['a script', `await import('ELSEWHERE/module.js')`],
  ['code of another site, from text', `await eval("import('ELSEWHERE/eval.js')")`],
  ['storage', `localStorage.length`],
  ['cookies', `if (document.cookie = 'a=1', document.cookie === '') throw new Error('none')`],
  ['the page above', `parent.parent.document.title`],
  ['the frame above', `parent.document.title`],
  ['the page’s place', `top.location = 'ELSEWHERE/top'`],
  ['the frame’s place', `parent.location = 'ELSEWHERE/parent'`],
  ['a window', `if (open('ELSEWHERE/popup') === null) throw new Error('none')`],
  ['a service worker', `await navigator.serviceWorker.register('HOST/run/frame.js')`],
  ['a worker of another site', `new Worker('ELSEWHERE/worker.js')`],
  ['a peer', `new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:9' }] })`],
  [
    'a peer of a frame in it',
    `document.body.innerHTML = '<iframe srcdoc="<script>parent.found = typeof RTCPeerConnection</scr' + 'ipt>"></iframe>'; if (document.querySelector('iframe') === null) throw new Error('none')`,
  ],
  [
    'a frame with a text of its own',
    `const f = document.createElement('iframe'); f.srcdoc = '<p>in</p>'; document.body.append(f); if (f.srcdoc === '') throw new Error('none')`,
  ],
  [
    'the inside of a frame',
    `const f = document.createElement('iframe'); document.body.append(f); f.contentWindow.RTCPeerConnection.name`,
  ],
]

test('a preview reaches nothing', async () => {
  const attempts = ATTEMPTS.map(([what, code]) => {
    const filled = code.replaceAll('HOST', runs.url).replaceAll('ELSEWHERE', runs.elsewhere.url)
    const name = JSON.stringify(what)
    return `try { await (async () => { ${filled} })(); console.log(${name}, 'REACHED') } catch { console.log(${name}, 'refused') }`
  })
  const run = await runs.run('javascript', `${attempts.join('\n')}\nconsole.log('all')`)
  await poll(() => written(run)).toMatch(/all\n$/)
  expect((await written(run)).split('\n').filter((line) => line.endsWith('REACHED'))).toEqual([])
  expect((await written(run)).match(/refused/g)).toHaveLength(ATTEMPTS.length)
  expect(runs.elsewhere.asked).toEqual([])
  expect(await run.page.context().cookies()).toEqual([])
})

test.each([
  ['itself', `<script>location = 'ELSEWHERE/self'</script>`],
  ['itself, by a tag', `<meta http-equiv="refresh" content="0;url=ELSEWHERE/meta">`],
  ['by a form', `<form action="ELSEWHERE/form"></form><script>document.forms[0].submit()</script>`],
  ['by a link', `<a href="ELSEWHERE/link" target="_top">x</a><script>document.links[0].click()</script>`],
  [
    'a picture',
    `<img src="ELSEWHERE/picture"><link rel="stylesheet" href="ELSEWHERE/style"><video src="ELSEWHERE/video"></video>`,
  ],
  ['in a frame', `<iframe src="ELSEWHERE/frame"></iframe><object data="ELSEWHERE/object"></object>`],
  [
    'in a font',
    `<style>@import "ELSEWHERE/import"; @font-face { font-family: x; src: url(ELSEWHERE/font) } p { font-family: x }</style><p>x`,
  ],
])('it takes nobody elsewhere: %s', async (_, code) => {
  const run = await runs.run(
    'html',
    `<script>console.log('here')</script>${code.replaceAll('ELSEWHERE', runs.elsewhere.url)}`,
  )
  await poll(() => written(run)).toContain('here')
  // A connection that is refused takes as long as one that isn't begun: the server is asked after both.
  await fetch(`${runs.elsewhere.url}/last`)
  expect(runs.elsewhere.asked).toEqual(['/last'])
  runs.elsewhere.asked.length = 0
  expect(run.page.url()).toBe(`${runs.site.url}/`)
})

test('what a preview says is text, and has its bound', async () => {
  const run = await runs.run(
    'html',
    `<script>
      parent.postMessage({ type: 'text', kind: 'out', text: '<b>bold</b>' }, '*')
      parent.postMessage({ type: 'ended' }, '*')
      parent.postMessage({ type: 'height', height: 1e9 }, '*')
      parent.postMessage('millrace-run', '*', [new MessageChannel().port2])
    </script>`,
  )
  await poll(() => written(run)).toContain('<b>bold</b>')
  expect(await run.frame.locator('b').count()).toBe(0)
  expect(await run.frame.locator('iframe').evaluate((frame) => frame.clientHeight)).toBeLessThanOrEqual(2000)
  const flood = await runs.run('javascript', 'for (let i = 0; i < 20; i++) console.log("x".repeat(100_000))')
  await flood.ended()
  expect(await flood.frame.locator('[role=status]').textContent()).toMatch(/more output/)
})
