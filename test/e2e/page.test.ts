/**
 * The page around the chat: its policy, models, demo and keyboard. What the chat itself does, the widget's
 * tests show.
 */
import { createHash } from 'node:crypto'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STARTERS } from '../../client/page/starters.ts'
import { expectInTurn, fedAnswer } from '../support/fed-answer.ts'
import { useHouse } from '../support/house.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { isFocused, poll, usePages } from '../support/pages.ts'
import { numbered } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test,gpt-other' })
const visit = usePages()

/** Records in the page how long the answer's text was at each change. */
async function watch(log: Locator): Promise<() => Promise<number[]>> {
  await log.evaluate((log) => {
    const lengths: number[] = []
    new MutationObserver(() => {
      // At its end Markdown drops the space that a next word would have needed.
      lengths.push(log.querySelector('.text')?.textContent.trimEnd().length ?? 0)
    }).observe(log, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { lengths })
  })
  return () => log.evaluate(() => (window as unknown as { lengths: number[] }).lengths)
}

test('the page is served under a policy that runs its own files alone', async () => {
  const { headers } = await fetch(house.url)
  const policy = headers.get('content-security-policy') ?? ''
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
  ]) {
    expect(policy.split('; ')).toContain(directive)
  }
  expect(policy).toContain("require-trusted-types-for 'script'")
})

describe('an answer', () => {
  test('grows as it arrives, and ends with its speed', async () => {
    const { page, log, ask, answers, ended } = await visit(house.url)
    const lengths = await watch(log)
    const tokens = numbered(20)
    const fed = fedAnswer()
    house.upstream.next(fed.script)
    await ask('Count.')
    await answers.waitFor({ state: 'attached' })
    await expectInTurn(fed, tokens, async () => (await answers.textContent()) ?? '')
    fed.end()
    await ended()
    expect(await answers.textContent()).toBe(tokens.join('').trim())
    // Nothing that was shown is taken away, not even for a moment.
    const seen = await lengths()
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))

    const speed = page.getByText(/^First token after/)
    expect(await speed.textContent()).toMatch(
      /^First token after \d\.\d\d s · \d[\d.]* tokens per second · about \d+ tokens$/,
    )
  })

  test('is asked for with the chosen model, the default being the first', async () => {
    const { page, ask, ended } = await visit(house.url)
    const picker = page.getByRole('combobox', { name: 'Model' })
    await poll(() => picker.locator('option').allTextContents()).toEqual(['gpt-test', 'gpt-other'])
    await ask()
    await ended()
    await picker.selectOption('gpt-other')
    await ask()
    await ended()
    expect(house.upstream.calls.map(({ request }) => request.model)).toEqual(['gpt-test', 'gpt-other'])
  })
})

describe('the demo', () => {
  let millrace: Millrace | undefined
  beforeAll(async () => {
    millrace = await startMillrace({ DEMO_SPEED: '50' })
  })
  afterAll(() => millrace?.stop())

  test('is named as one, and answers the founding question', async () => {
    const { page, answers, ended, stop } = await visit(millrace?.url ?? '')
    await page.getByText('This is a demo.').waitFor()
    expect(await page.getByRole('complementary').textContent()).toContain('OPENAI_API_KEY=… npm start')
    await page.getByRole('button', { name: /plot_2d_normal/ }).click()
    await stop.waitFor()
    await ended()
    expect(await answers.textContent()).toContain('def plot_2d_normal')
    expect(await page.getByText(/ · 414 tokens$/).count()).toBe(1)
  })

  test('answers every question of a conversation with what was prepared for it', async () => {
    const { page, ask, answers, ended } = await visit(millrace?.url ?? '')
    const shown = ['.code', 'table', 'ol > li > ul', 'sup.mark', 'input[type=checkbox]']
    for (const [nth, question] of [...STARTERS, 'How tall is the Eiffel tower?'].entries()) {
      await ask(question)
      await poll(() => answers.count()).toBe(nth + 1)
      await ended()
      expect(
        await answers
          .nth(nth)
          .locator(shown[nth] ?? 'nothing')
          .count(),
        question,
      ).toBeGreaterThan(0)
    }
    // Those of the answers: it is spoken as well.
    const prepared = answers.getByText('This answer was prepared for the demo: no model was asked.')
    expect(await prepared.count()).toBe(4)
    expect(await page.locator('.sources li').allTextContents()).toEqual([
      'WIDGET.md',
      'DEPLOY.md',
      'CONFIGURATION.md',
    ])
  })

  test('is not named where there is a key', async () => {
    const { page } = await visit(house.url)
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    expect(await page.getByText('This is a demo.').isVisible()).toBe(false)
  })
})

test('by keyboard the question box is one step away, and each control shows its focus', async () => {
  const { page, box } = await visit(house.url)
  await page.getByRole('combobox', { name: 'Model' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await isFocused(box)).toBe(true)
  const stops: string[] = []
  for (let i = 0; i < 11; i++) {
    await page.keyboard.press('Shift+Tab')
    stops.push(
      // What has the focus inside of the chat, not the chat.
      await page.locator(':focus:not(millrace-chat)').evaluate((element) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(element)
        return outlineStyle === 'none' || outlineWidth === '0px'
          ? `no focus on ${element.outerHTML}`
          : element.tagName
      }),
    )
  }
  // The starter questions, the way to the race, what scrolls, the models, the places, the conversations.
  const starters = ['BUTTON', 'BUTTON', 'BUTTON', 'BUTTON']
  expect(stops).toEqual([...starters, 'A', 'DIV', 'SELECT', 'A', 'A', 'A', 'BUTTON'])
})

describe('where an access key is needed', () => {
  const KEY = 'mr_test_2Yb7fQ0pZk'
  const sha256 = createHash('sha256').update(KEY).digest('hex')
  const closed = useHouse({ OPEN_ACCESS: '', ACCESS_KEYS: `page:${sha256}`, MODELS: 'gpt-test' })

  test('it is asked for, kept for this tab alone, and opens the models too', async () => {
    const { page, ask, answers, ended } = await visit(closed.url)
    await ask('Why?')
    await page.getByRole('heading', { name: 'This chat isn’t set up yet' }).waitFor()
    await page.getByText('I have an access key').click()
    const field = page.getByLabel('Access key')
    await field.fill('mr_wrong')
    await field.press('Enter')
    await page.getByRole('heading', { name: 'This access key is not valid' }).waitFor()
    await field.fill(KEY)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await ended()
    await poll(() => answers.textContent()).toBe('Hello, world!')
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    expect(await page.evaluate(() => Object.keys(localStorage).length + document.cookie.length)).toBe(0)

    await page.reload()
    await ask('Again?')
    await poll(() => answers.allTextContents()).toEqual(['Hello, world!', 'Hello, world!'])
    for (const { headers } of closed.upstream.calls) expect(headers.authorization).not.toContain(KEY)
  })
})
