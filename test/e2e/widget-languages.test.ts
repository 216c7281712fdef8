/** The widget's languages: which one it speaks, all of it, and from which side it is written. */
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { strings as ar } from '../../client/widget/strings/ar.ts'
import { strings as de } from '../../client/widget/strings/de.ts'
import { en } from '../../client/widget/strings/en.ts'
import { strings as es } from '../../client/widget/strings/es.ts'
import { fill } from '../../client/widget/strings/fill.ts'
import { strings as fr } from '../../client/widget/strings/fr.ts'
import { strings as ja } from '../../client/widget/strings/ja.ts'
import { strings as pt } from '../../client/widget/strings/pt.ts'
import { strings as zhHant } from '../../client/widget/strings/zh-hant.ts'
import { OWN, useEmbedding } from '../support/embedding.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { poll } from '../support/pages.ts'
import { answer, failing } from '../support/scripts.ts'

const site = useEmbedding()
const LANGUAGES = { en, de, es, fr, ja, ar, pt, 'zh-Hant': zhHant }

test.each(['de', 'ar', 'zh-Hant'] as const)('%s is what every part of it speaks', async (lang) => {
  const strings = LANGUAGES[lang]
  const { page, bubble, panel, box, send, ask, ended } = await site.visit(
    OWN + site.script(`data-launcher data-lang="${lang}"`),
  )
  const name = (selector: string) => page.locator(selector).first().getAttribute('aria-label')
  expect(await bubble.getAttribute('aria-label')).toBe(strings.openChat)
  await bubble.click()
  await panel.waitFor()
  const root = page.locator('.root')
  expect(
    await root.evaluate((root) => [root.getAttribute('lang'), getComputedStyle(root).direction]),
  ).toEqual([lang, lang === 'ar' ? 'rtl' : 'ltr'])
  expect(await page.locator('#heading').textContent()).toBe(strings.chat)
  expect(await page.locator('.greeting').textContent()).toBe(strings.greeting)
  expect(await box.getAttribute('placeholder')).toBe(strings.placeholder)
  expect(await box.getAttribute('aria-label')).toBe(strings.questionBox)
  expect(await send.getAttribute('aria-label')).toBe(strings.send)
  expect(await page.locator('#keys').textContent()).toBe(strings.keysOfLauncher)
  site.upstream.next(answer([ALL_KINDS]), failing(404, { code: 'model_not_found' }))
  await ask()
  await ended()
  expect(await name('.asked .edit')).toBe(strings.edit)
  expect(await name('.tools .copy')).toBe(strings.copyAnswer)
  expect(await name('.tools .again')).toBe(strings.regenerate)
  expect(await page.locator('.speed').textContent()).toContain(fill(strings.tokens, { count: '12' }))
  expect(await page.locator('.code-bar button').textContent()).toBe(strings.copyCode)
  await ask('And then?')
  await page.locator('.trouble-card').waitFor()
  expect(await page.locator('.trouble-card h4').textContent()).toBe(strings.unavailable)
  expect(await page.locator('.retry').textContent()).toBe(strings.retry)
  await page.locator('#list').click()
  expect(await name('#list')).toBe(strings.backToConversation)
  await poll(() => page.locator('.saving button').allTextContents()).toEqual([
    strings.saveMarkdown,
    strings.saveJson,
  ])
  await page.locator('#close').click()
  expect(await bubble.getAttribute('aria-label')).toBe(strings.openChat)
})

describe('the language', () => {
  test.each([
    ['the element’s own', 'data-lang="fr-CA"', 'de', 'es-ES', 'fr'],
    ['else the page’s', '', 'de-AT', 'es-ES', 'de'],
    ['else the browser’s', '', '', 'es-MX', 'es'],
    ['found without its region', 'data-lang="pt-BR"', 'de', 'es-ES', 'pt'],
    ['in the script of its region', '', 'zh-TW', 'es-ES', 'zh-Hant'],
  ] as const)('is %s', async (_, attributes, language, locale, spoken) => {
    const { bubble } = await site.visit(OWN + site.script(`data-launcher ${attributes}`), {
      language,
      locale,
    })
    expect(await bubble.getAttribute('aria-label')).toBe(LANGUAGES[spoken].openChat)
  })

  test('of the part of the page that it stands in', async () => {
    const { page } = await site.visit(
      `${OWN}<div lang="ja"><millrace-chat></millrace-chat></div>${site.script()}`,
      { language: 'de' },
    )
    expect(await page.locator('#heading').textContent()).toBe(ja.chat)
  })

  test('that can’t be loaded is English', async () => {
    const { page, answers, ended } = await site.visit(OWN + site.script(), {
      expected: /Failed to load|ERR_FAILED|integrity/,
    })
    await page.context().route(/\/(?:parts|assets|v)\/.*\bde\b.*\.js/, (route) => route.abort())
    await page.evaluate(() => {
      const chat = document.createElement('millrace-chat')
      chat.lang = 'de'
      chat.ask('Why?')
      document.body.append(chat)
    })
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    expect(await page.locator('#heading').textContent()).toBe('Chat')
  })
})

describe('Arabic', () => {
  const ANSWERS = {
    en: 'A channel to the wheel:\n\n- water\n- wood\n\n```js\nconst mill = 1\n```',
    ar: 'قناة تؤدي إلى العجلة:\n\n- ماء\n- خشب\n\n```js\nconst mill = 1\n```',
  }
  const middle = async (locator: Locator) => {
    const { x = 0, width = 0 } = (await locator.first().boundingBox()) ?? {}
    return x + width / 2
  }
  /** Where each part stands across the panel, from the side where lines begin: 0 to 1. */
  async function across(lang: keyof typeof ANSWERS) {
    const { page, bubble, panel, ask, ended, still } = await site.visit(
      OWN + site.script(`data-launcher data-lang="${lang}"`),
    )
    await bubble.click()
    await panel.waitFor()
    await still()
    site.upstream.next(answer([ANSWERS[lang]]))
    await ask('ما هي الساقية؟')
    await ended()
    await page.locator('.text pre').waitFor()
    const { x = 0, width = 1 } = (await panel.boundingBox()) ?? {}
    const parts: Record<string, number> = {}
    for (const part of [
      '#list',
      '#close',
      '#new',
      '#send',
      '.asked .edit',
      '.tools .copy',
      '.tools .rate-down',
      '.code-bar button',
      '.text li',
    ]) {
      const at = ((await middle(page.locator(part))) - x) / width
      parts[part] = lang === 'ar' ? 1 - at : at
    }
    return { page, bubble, parts }
  }

  test('is English in a mirror, but for code', async () => {
    const english = await across('en')
    const { page, bubble, parts } = await across('ar')
    for (const [part, at] of Object.entries(english.parts)) {
      // Words differ in length.
      const near = part === '.code-bar button' ? 0.04 : 0.01
      expect([part, Math.abs((parts[part] ?? 0) - at) < near]).toEqual([part, true])
    }
    expect(await bubble.evaluate((bubble) => getComputedStyle(bubble).left)).toBe('20px')
    expect(await english.bubble.evaluate((bubble) => getComputedStyle(bubble).right)).toBe('20px')
    const directionOf = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => getComputedStyle(element).direction)
    expect(await directionOf('.question')).toBe('rtl')
    expect(await directionOf('.text pre')).toBe('ltr')
    const line = page.locator('.text pre')
    const [{ x: code }, { x: listing, width }] = await line.evaluate((line) => {
      const range = document.createRange()
      range.selectNodeContents(line)
      return [range.getBoundingClientRect(), line.getBoundingClientRect()] as const
    })
    expect(code - listing).toBeLessThan(width / 4)
  })

  test('leaves an answer in English as English is written', async () => {
    const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher data-lang="ar"'))
    await bubble.click()
    site.upstream.next(answer([ALL_KINDS]))
    await ask()
    await ended()
    for (const part of ['.question', '.text', '.text li', '.text td', '.text pre']) {
      const direction = await page
        .locator(part)
        .first()
        .evaluate((element) => getComputedStyle(element).direction)
      expect([part, direction]).toEqual([part, 'ltr'])
    }
  })

  test('a question in another direction is written in its own', async () => {
    const { box, bubble } = await site.visit(OWN + site.script('data-launcher data-lang="ar"'))
    await bubble.click()
    const direction = () => box.evaluate((box) => getComputedStyle(box).direction)
    await box.fill('What is a millrace?')
    expect(await direction()).toBe('ltr')
    await box.fill('ما هي الساقية؟')
    expect(await direction()).toBe('rtl')
  })
})
