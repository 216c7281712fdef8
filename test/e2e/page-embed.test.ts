/**
 * The tag maker: what is written in its form is what the preview shows, and what a site gets that takes the
 * tag.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { integrityOf } from '../../scripts/widget-parts.ts'
import { axeFindings } from '../support/axe.ts'
import { WAIT_MS } from '../support/browser.ts'
import { PINNED } from '../support/delivered.ts'
import { useHouse } from '../support/house.ts'
import { poll, usePages } from '../support/pages.ts'
import { html, type Site, startSite } from '../support/site.ts'

let site: Site
let tag = ''
beforeAll(async () => {
  site = await startSite(() => html(tag))
})
afterAll(() => site.stop())

const house = useHouse(() => ({ MODELS: 'gpt-test,gpt-other', ALLOWED_ORIGINS: site.url }))
const visit = usePages()

async function enter() {
  const { page } = await visit(house.url)
  await page.getByRole('link', { name: 'Embed' }).click()
  const code = page.getByRole('region', { name: 'The tag' })
  await code.waitFor()
  return {
    page,
    code,
    preview: page.frameLocator('iframe'),
    copy: page.getByRole('button', { name: 'Copy the tag' }),
  }
}

test('is a place of its own, that loads when it is opened', async () => {
  const { page } = await visit(house.url)
  const loaded = () =>
    page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))
  await page.getByRole('combobox', { name: 'Model' }).waitFor()
  expect((await loaded()).join()).not.toMatch(/tag-maker|widget-chunks|preview/)
  await page.getByRole('link', { name: 'Embed' }).click()
  await page.getByRole('region', { name: 'The tag' }).waitFor()
  expect(await page.title()).toBe('Embed · Millrace')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('embed-title')
  expect((await loaded()).join()).toMatch(/tag-maker/)
  await page.getByRole('link', { name: 'Chat' }).click()
  await page.getByRole('textbox', { name: 'Your question' }).waitFor()
  expect(await page.getByRole('region', { name: 'The tag' }).isVisible()).toBe(false)
})

test('what is copied gives a site the chat that the preview shows', async () => {
  const { page, code, preview, copy } = await enter()
  const heading = 'Miller & "Sons" </script>'
  await page.getByLabel('Name', { exact: true }).fill(heading)
  await page.getByLabel('Greeting').fill('Good day.\n1 < 2')
  await page.getByLabel(/^Starters/).fill('When are you open?\n\nWhat does a tour cost?')
  await page.getByLabel('Place', { exact: true }).selectOption('bottom-left')
  await page.getByLabel('Model', { exact: true }).selectOption('gpt-other')
  await page.getByLabel('Language').selectOption('de')
  await page.getByLabel('Accent', { exact: true }).fill('rgb(122 31 61)')
  await preview.getByRole('button', { name: 'When are you open?' }).waitFor()
  await preview.getByRole('heading', { name: heading }).waitFor()
  await preview.getByRole('textbox', { name: 'Ihre Frage' }).waitFor()

  await copy.click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  tag = (await code.textContent()) ?? ''
  expect(tag).toContain(
    `integrity="${integrityOf(readFileSync(`${ROOT}dist/client${PINNED}`, 'utf8'))}" crossorigin`,
  )
  const other = await page.context().browser()?.newPage()
  if (!other) throw new TypeError('There is no browser.')
  other.setDefaultTimeout(WAIT_MS)
  await other.goto(site.url)
  await other.locator('#launcher').click()
  await other.getByRole('heading', { name: heading }).waitFor()
  const attributes = await other
    .locator('millrace-chat')
    .evaluate((chat) => Object.fromEntries(Array.from(chat.attributes, ({ name, value }) => [name, value])))
  expect(attributes).toMatchObject({
    heading,
    greeting: 'Good day.\n1 < 2',
    starters: 'When are you open?|What does a tour cost?',
    position: 'bottom-left',
    model: 'gpt-other',
    lang: 'de',
  })
  const accent = other
    .locator('millrace-chat')
    .evaluate((chat) => getComputedStyle(chat).getPropertyValue('--millrace-accent'))
  expect(await accent).toBe('rgb(122 31 61)')
  await other.getByRole('button', { name: 'What does a tour cost?' }).click()
  await poll(() => other.locator('.answer .text').textContent()).toBe('Hello, world!')
  await other.close()
  expect(house.upstream.calls.at(-1)?.request.model).toBe('gpt-other')
})

test('a wrong value is named when it is written, and gets into neither the tag nor the preview', async () => {
  const { page, code, copy } = await enter()
  const before = await code.textContent()
  const accent = page.getByLabel('Accent', { exact: true })
  await accent.fill('reddish')
  // Half a value is not wrong yet, but it is no tag either.
  expect(await page.getByRole('alert').count()).toBe(0)
  expect(await copy.isDisabled()).toBe(true)
  await accent.blur()
  await page.getByText('CSS has no colour “reddish”.').waitFor()
  expect(await accent.getAttribute('aria-invalid')).toBe('true')
  await page.getByLabel(/^Starters/).fill('One | two')
  await page.getByLabel('Name', { exact: true }).focus()
  await page.getByText('“One | two” has a |').waitFor()
  expect(await code.textContent()).toBe(before)

  await accent.fill('#7a1f3d')
  await page.getByLabel(/^Starters/).fill('One or two')
  // Right, but the widget's own dark theme writes dark on it.
  await page.getByText('Hard to read in the dark theme').waitFor()
  expect(await copy.isEnabled()).toBe(true)
  await page.getByLabel('Text on the accent', { exact: true }).fill('white')
  await poll(() => page.getByRole('alert').count()).toBe(0)
  expect(await accent.getAttribute('aria-invalid')).toBe(null)
  expect(await code.textContent()).toContain('--millrace-accent: #7a1f3d;')
  expect(await copy.isEnabled()).toBe(true)
})

test.each([
  ['In the page’s text', /<millrace-chat><\/millrace-chat>$/],
  ['The whole window', /<millrace-chat\n {2}position="page"><\/millrace-chat>$/],
  ['A bubble at the right', /data-position="bottom-right"><\/script>$/],
])('%s: the preview moves, and the focus stays', async (name, end) => {
  const { page, code, preview } = await enter()
  const place = page.getByLabel('Place', { exact: true })
  await place.focus()
  await place.selectOption(name)
  await poll(() => code.textContent()).toMatch(end)
  await preview.getByRole('textbox', { name: 'Your question' }).waitFor()
  expect(await preview.locator('millrace-chat').count()).toBe(1)
  expect(await place.evaluate((select) => select === document.activeElement)).toBe(true)
})

test('without a pin the tag takes what is deployed', async () => {
  const { page, code } = await enter()
  await page.getByLabel(/^Pin version/).uncheck()
  expect(await code.textContent()).toBe(
    `<script type="module" src="${house.url}/widget.js"\n  data-launcher></script>`,
  )
})

test.each(['light', 'dark'] as const)('is accessible, in %s', async (colorScheme) => {
  const { page } = await enter()
  await page.emulateMedia({ colorScheme })
  await page.getByText('More colours').click()
  expect(await axeFindings(page)).toEqual([])
})
