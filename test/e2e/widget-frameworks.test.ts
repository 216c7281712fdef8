/** `<millrace-chat>` in components of React, Vue and Svelte whose state it is bound to, and which render again. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { MillraceChat } from '../../client/widget/millrace-chat.ts'
import { startBrowser, WAIT_MS } from '../support/browser.ts'
import { svelte, vue } from '../support/compilers.ts'
import { type Bundle, type Consumer, createConsumer } from '../support/consumer.ts'
import { poll } from '../support/pages.ts'
import { html, type Site, startSite } from '../support/site.ts'

const run = promisify(execFile)

/** What a component's chat is bound to. */
interface State {
  launcher?: boolean | undefined
  open?: boolean | undefined
  speed?: boolean | undefined
  words?: string
}

declare global {
  /** Has the component render anew. */
  var setState: (state: State) => void
}

const HOSTS = {
  React: {
    'main.js': `
      import { createElement, useState } from 'react'
      import { createRoot } from 'react-dom/client'
      import 'millrace/widget/define'
      function Host() {
        const [{ words, ...bound }, setBound] = useState({})
        globalThis.setState = setBound
        return createElement('millrace-chat', { ...bound, strings: { send: words ?? 'Go' },
          context: () => words ?? 'Go' })
      }
      createRoot(document.querySelector('#app')).render(createElement(Host))`,
  },
  Vue: {
    'main.js': `
      import { createApp } from 'vue'
      import Host from './Host.vue'
      createApp(Host).mount('#app')`,
    'Host.vue': `
      <script setup>
      import { ref } from 'vue'
      import 'millrace/widget/define'
      const state = ref({})
      globalThis.setState = (next) => { state.value = next }
      </script>
      <template>
        <millrace-chat :launcher="state.launcher" :open="state.open" :speed="state.speed"
          :strings="{ send: state.words ?? 'Go' }" :context="() => state.words ?? 'Go'" />
      </template>`,
  },
  Svelte: {
    'main.js': `
      import { mount } from 'svelte'
      import Host from './Host.svelte'
      mount(Host, { target: document.querySelector('#app') })`,
    'Host.svelte': `
      <script>
      import 'millrace/widget/define'
      let state = $state.raw({})
      globalThis.setState = (next) => { state = next }
      </script>
      <millrace-chat launcher={state.launcher} open={state.open} speed={state.speed}
        strings={{ send: state.words ?? 'Go' }} context={() => state.words ?? 'Go'}></millrace-chat>`,
  },
}

let consumer: Consumer
let browser: Browser
let site: Site
let scripts: Bundle['files']
/** What a server has rendered of the page. */
let rendered = ''

beforeAll(async () => {
  site = await startSite((path) => {
    const body = scripts.get(path)
    if (body !== undefined) return { headers: { 'content-type': 'text/javascript' }, body }
    const [entry] = scripts.keys()
    return html(`<div id="app">${rendered}</div><script type="module" src="${entry}"></script>`)
  })
  browser = await startBrowser()
  consumer = await createConsumer('react', 'react-dom', 'vue', 'svelte')
})
afterEach(async () => {
  rendered = ''
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await browser.close()
  site.stop()
  await consumer.remove()
})

async function visit(): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(WAIT_MS)
  await page.goto(site.url)
  await page.locator('#panel').waitFor({ state: 'attached' })
  return page
}

/** What the page says of itself. */
const contextOf = (chat: Element) => (chat as MillraceChat).context?.()

/** Renders, and waits until what comes of it has come. */
const render = (page: Page, state: State) =>
  page.evaluate(async (state) => {
    globalThis.setState(state)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }, state)

describe.each(Object.entries(HOSTS))('%s', (_, files) => {
  beforeAll(async () => {
    scripts = (await consumer.bundle(files, [vue, svelte])).files
  })

  test('what is bound to false or undefined is off, and can be on before and after it', async () => {
    const page = await visit()
    const bubble = page.locator('#launcher')
    const always = page.locator('.with-speed')
    for (const on of [false, true, undefined, true, false, true, undefined]) {
      await render(page, { launcher: on, speed: on })
      await poll(async () => [on, await bubble.count(), await always.count()]).toEqual([
        on,
        ...(on ? [1, 1] : [0, 0]),
      ])
    }
  })

  test('`open` follows what it is bound to, and is closed by false and undefined', async () => {
    const page = await visit()
    const panel = page.locator('#panel')
    await render(page, { launcher: true, open: undefined })
    expect(await panel.isVisible()).toBe(false)
    for (const closed of [false, undefined, false, undefined]) {
      await render(page, { launcher: true, open: true })
      await panel.waitFor()
      // The page is told, and renders what it has been told.
      await page.locator('#close').click()
      await render(page, { launcher: true, open: closed })
      await panel.waitFor({ state: 'hidden' })
    }
  })

  test('words that are written out leave the chat as it is, until there are others', async () => {
    const page = await visit()
    const [box, send] = [page.locator('#question'), page.locator('#send')]
    await box.focus()
    const made = await box.elementHandle()
    await render(page, { speed: true })
    await render(page, { speed: false, words: 'Go' })
    expect(await made?.evaluate((box) => box.matches(':focus'))).toBe(true)
    await render(page, { words: 'Off' })
    await poll(() => send.getAttribute('aria-label')).toBe('Off')
    expect(await page.locator('millrace-chat').evaluate(contextOf)).toBe('Off')
  })
})

test('Vue: an attribute without a value is on', async () => {
  const host =
    '<script setup>import "millrace/widget/define"</script><template><millrace-chat launcher open /></template>'
  scripts = (await consumer.bundle({ ...HOSTS.Vue, 'Host.vue': host }, [vue])).files
  await (await visit()).locator('#panel').waitFor()
})

test('React: of what a server has rendered, listeners hear and objects are set', async () => {
  const files = {
    'main.js': `
      import { hydrateRoot } from 'react-dom/client'
      import { host } from './host.mjs'
      hydrateRoot(document.querySelector('#app'), host)`,
    'host.mjs': `
      import { createElement } from 'react'
      import { MillraceChat } from 'millrace/widget/react'
      export const host = createElement(MillraceChat, { heading: 'Ask us', launcher: true, open: true,
        strings: { send: 'Go' }, context: () => 'A mill', 'onmillrace-answer': ({ detail }) => document.body.append(detail) })`,
  }
  scripts = (await consumer.bundle(files)).files
  const server = `
    const { renderToString } = await import('react-dom/server')
    const { host } = await import('./host.mjs')
    process.stdout.write(renderToString(host))`
  const options = { cwd: consumer.folder }
  rendered = (await run(process.execPath, ['--input-type=module', '--eval', server], options)).stdout
  expect(rendered).toBe('<millrace-chat heading="Ask us" launcher="" open=""></millrace-chat>')

  const page = await visit()
  await poll(() => page.locator('#send').getAttribute('aria-label')).toBe('Go')
  expect(await page.locator('millrace-chat').evaluate(contextOf)).toBe('A mill')
  await page
    .locator('millrace-chat')
    .evaluate((chat) => chat.dispatchEvent(new CustomEvent('millrace-answer', { detail: 'Because.' })))
  await poll(() => page.locator('body').textContent()).toBe('Because.')
})
