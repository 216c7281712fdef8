/**
 * Running an answer's code from the chat of a site: where it is offered, what a click does, how it is
 * ended.
 */
import { describe, expect, test } from 'vitest'
import { axeFindings } from '../support/axe.ts'
import { type Embedded, type EmbeddedOptions, OWN, useEmbedding } from '../support/embedding.ts'
import { poll } from '../support/pages.ts'
import { inOrder, reset } from '../support/script.ts'
import { answer, begun } from '../support/scripts.ts'
import { answerEvents } from '../support/sse.ts'

const site = useEmbedding({ RUN_CODE: 'on' })
const off = useEmbedding()

const BLOCKS = `Three programs:

\`\`\`python
print("ground")
\`\`\`

\`\`\`html
<button>Mill</button>
\`\`\`

\`\`\`js
console.log('milled')
\`\`\`

\`\`\`sh
rm -rf /
\`\`\`

\`\`\`
print("of no language")
\`\`\`
`

async function chat(
  attributes = 'data-run',
  { at = site, text = BLOCKS, ...options }: EmbeddedOptions & { at?: typeof site; text?: string } = {},
): Promise<Embedded> {
  at.upstream.next(answer(text.match(/[\s\S]{1,20}/g) ?? []))
  const embedded = await at.visit(OWN + at.script(`data-launcher data-position="page" ${attributes}`), {
    frames: true,
    ...options,
  })
  await embedded.ask()
  await embedded.ended()
  return embedded
}

const names = ({ page }: Embedded) => page.locator('.code-bar .run-button').allTextContents()
const framesOf = ({ page }: Embedded) => page.mainFrame().childFrames().length
const outputOf = ({ page }: Embedded) => page.frameLocator('.run-output iframe')

test('each block that can be run has its button, and nothing runs without a click', async () => {
  const embedded = await chat()
  await poll(() => names(embedded)).toEqual(['Run', 'Preview', 'Preview'])
  expect(framesOf(embedded)).toBe(0)
  expect(site.logs.filter(({ route }) => String(route).startsWith('/run/'))).toEqual([])
})

test.each([
  ['the attribute is absent', '', site],
  ['the attribute is false', 'data-run="false"', site],
  ['the Worker does not let code run', 'data-run', off],
])('no button is offered where %s', async (_, attributes, at) => {
  const embedded = await chat(attributes, { at })
  // The answer's own buttons are there, and so is all that comes with its end.
  await embedded.page.locator('.tools .action').first().waitFor()
  await embedded.page.evaluate(() => new Promise((done) => setTimeout(done, 0)))
  expect(await names(embedded)).toEqual([])
})

test('no frame is served where code may not run', async () => {
  for (const path of ['/run/', '/run/preview/']) {
    const response = await fetch(off.url + path)
    expect([response.status, (await response.json()).error.code]).toEqual([404, 'not_found'])
  }
})

test('an answer that is not whole offers nothing', async () => {
  const events = answerEvents([BLOCKS])
  site.upstream.next(inOrder(begun(events.slice(0, -2)), reset))
  const embedded = await site.visit(OWN + site.script('data-launcher data-position="page" data-run'), {
    frames: true,
  })
  await embedded.ask()
  await embedded.page.locator('.answer[data-state="failed"]').waitFor()
  expect(await names(embedded)).toEqual([])
})

test('a click runs the block, Stop ends it, and Close takes the output away', async () => {
  const embedded = await chat('data-run', { text: '```python\nprint("ground")\nwhile True: pass\n```' })
  const run = embedded.page.locator('.run-button')
  await run.click()
  await outputOf(embedded).locator('.out').getByText('ground').waitFor()
  expect(await run.textContent()).toBe('Stop')
  await run.click()
  await outputOf(embedded).getByText('Stopped.').waitFor()
  // The frame says so itself, and then tells the chat.
  await poll(() => run.textContent()).toBe('Run')
  expect(await outputOf(embedded).locator('.out').textContent()).toBe('ground\n')
  await embedded.page.getByRole('button', { name: 'Close' }).click()
  await poll(async () => framesOf(embedded)).toBe(0)
  // The focus stays where the reader is.
  expect(await run.evaluate((button) => button.matches(':focus'))).toBe(true)
})

test('code that has been run can be changed, and run again', async () => {
  const embedded = await chat('data-run', { text: '```python\nprint("ground")\n```' })
  const { page } = embedded
  const code = page.locator('.code code')
  expect(await code.getAttribute('contenteditable')).toBe(null)
  await page.locator('.run-button').click()
  await outputOf(embedded).locator('.out').getByText('ground').waitFor()
  await poll(() => page.locator('.run-button').textContent()).toBe('Run')
  await code.click()
  await page.keyboard.press('ControlOrMeta+End')
  await page.keyboard.insertText('\nprint("flour")\nprint("bran")')
  // The conversation is not asked anything, and Escape leaves the code alone.
  await page.keyboard.press('Escape')
  await page.locator('.run-button').click()
  await outputOf(embedded).locator('.out').getByText('flour').waitFor()
  expect(await outputOf(embedded).locator('.out').textContent()).toBe('ground\nflour\nbran\n')
  expect(await embedded.call((chat) => chat.export('markdown'))).not.toContain('flour')
})

test('the frame gets the code and its look, and nothing of the chat', async () => {
  const embedded = await chat('data-run data-storage="local"')
  await embedded.page.evaluate(() => {
    const posted: unknown[] = []
    const own = MessagePort.prototype.postMessage
    MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown) {
      posted.push(message)
      own.call(this, message)
    }
    Object.assign(globalThis, { posted })
  })
  await embedded.page.locator('.run-button').first().click()
  await outputOf(embedded).locator('.out').waitFor()
  const posted = await embedded.page.evaluate(() => (globalThis as unknown as { posted: unknown[] }).posted)
  expect(posted).toHaveLength(1)
  expect(Object.keys(posted[0] as object).toSorted()).toEqual(['code', 'kind', 'look', 'type', 'words'])
  expect((posted[0] as { code: string }).code).toBe('print("ground")\n')
  expect(JSON.stringify(posted)).not.toContain(site.url)
})

test('where the site’s policy lets no frame in, it says that the code can’t be run', async () => {
  const embedded = await chat('data-run', {
    frames: false,
    expected: /frame-src|default-src|Framing|violated: /,
  })
  await embedded.page.locator('.run-button').first().click()
  await embedded.page.locator('.run-output').getByText('The code can’t be run here').waitFor()
  expect(await embedded.page.locator('.run-button').first().textContent()).toBe('Run')
})

test('what is copied of an answer has no word of the buttons or the output', async () => {
  const embedded = await chat()
  await embedded.page.locator('.run-button').first().click()
  await outputOf(embedded).locator('.out').waitFor()
  const selected = await embedded.page.evaluate(() => {
    const body = document.querySelector('millrace-chat')?.shadowRoot?.querySelector('.text')
    if (body) getSelection()?.selectAllChildren(body)
    return String(getSelection())
  })
  expect(selected).not.toMatch(/Run|Stop|Close|Preview|Output/)
})

describe('axe finds nothing', () => {
  test.each(['light', 'dark'] as const)('in %s', async (colorScheme) => {
    const embedded = await chat('data-run', {
      colorScheme,
      // axe asks each frame, in the name of its page.
      expected: /postMessage/,
    })
    await embedded.page.locator('.run-button').first().click()
    await outputOf(embedded).locator('.out').waitFor()
    expect(await axeFindings(embedded.page)).toEqual([])
  })
})

test('its words are in the chat’s language, and its frame reads in that direction', async () => {
  const embedded = await chat('data-run lang="ar"', { text: '```python\n1\n```', language: 'ar' })
  await embedded.page.locator('.run-button').click()
  await outputOf(embedded).locator('.out').waitFor()
  expect(await names(embedded)).toEqual(['تشغيل'])
  expect(await outputOf(embedded).locator('html').getAttribute('dir')).toBe('rtl')
  expect(await embedded.page.locator('.run-output iframe').getAttribute('title')).toBe('الناتج')
})
