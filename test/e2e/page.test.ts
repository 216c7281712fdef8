/** The page: ask, watch it grow, stop, try again, go on. */
import { setTimeout } from 'node:timers/promises'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectPrompt } from '../support/arrival.ts'
import { useHouse } from '../support/house.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { hear, poll, usePages } from '../support/pages.ts'
import { cut, hang, inOrder, reset } from '../support/script.ts'
import { answer, begun, failing } from '../support/scripts.ts'
import { delta, numbered, role } from '../support/sse.ts'

const house = useHouse({ MODELS: 'gpt-test,gpt-other' })
const visit = usePages()

interface Seen {
  at: number
  text: string
}

/** Records in the page what the answer's text was, and when, at each change. */
async function watch(log: Locator): Promise<() => Promise<Seen[]>> {
  await log.evaluate((log) => {
    const seen: Seen[] = []
    new MutationObserver(() => {
      // At its end Markdown drops the space that a next word would have needed.
      const text = log.querySelector('.text')?.textContent.trimEnd() ?? ''
      const at = performance.timeOrigin + performance.now()
      if (text !== seen.at(-1)?.text) seen.push({ at, text })
    }).observe(log, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { seen })
  })
  return () => log.evaluate(() => (window as unknown as { seen: Seen[] }).seen)
}

test('the page is served under a policy that runs its own files alone', async () => {
  const { headers } = await fetch(house.url)
  const policy = headers.get('content-security-policy') ?? ''
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
  ]) {
    expect(policy.split('; ')).toContain(directive)
  }
  expect(policy).toContain("require-trusted-types-for 'script'")
})

describe('an answer', () => {
  test('grows as it arrives, and ends with its speed', async () => {
    const { page, log, ask, answers, ended } = await visit(house.url)
    const seen = await watch(log)
    const tokens = numbered(20)
    house.upstream.next(answer(tokens, 100))
    await ask('Count.')
    await ended()
    expect(await answers.textContent()).toBe(tokens.join('').trim())

    const texts = await seen()
    const lengths = texts.map(({ text }) => text.length)
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    expect(new Set(lengths).size).toBeGreaterThanOrEqual(10)
    // What is new in each change of the page, as a received part: the clocks are those of one machine.
    const parts = texts.map(({ at, text }, i) => ({
      at: at - performance.timeOrigin,
      bytes: Buffer.from(text.slice(texts[i - 1]?.text.length ?? 0)),
    }))
    expectPrompt(await house.upstream.call(1), { parts }, tokens)

    const speed = page.getByText(/^First token after/)
    expect(await speed.textContent()).toMatch(
      /^First token after 0\.\d\d s · \d{1,2}\.\d tokens per second · 12 tokens$/,
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

  test('can be stopped, which ends the call', async () => {
    const { page, ask, stop, answers, ended, note } = await visit(house.url)
    const heard = await hear(page)
    house.upstream.next(answer(numbered(1000), 20))
    await ask()
    await poll(() => answers.textContent()).toContain('t5 ')
    await stop.click()
    await ended()
    await house.upstream.until(({ open }) => open === 0)
    const text = await answers.textContent()
    expect(text).toMatch(/^t0 .*t5 /)
    await setTimeout(200)
    expect(await answers.textContent()).toBe(text)
    expect(await heard()).toContain('You stopped this answer.')
    expect(await note('You stopped this answer.').isVisible()).toBe(true)
  })

  test('can be stopped before it begins', async () => {
    const { ask, stop, ended } = await visit(house.url)
    house.upstream.next(hang)
    await ask()
    await house.upstream.call(1)
    await stop.click()
    await ended()
    await house.upstream.until(({ open }) => open === 0)
  })

  test('is followed by another turn, to which the first belongs', async () => {
    const { ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(['Because', '.']), answer(['And', ' so.']))
    await ask('Why?')
    await ended()
    await ask('And?')
    await ended()
    expect(await answers.allTextContents()).toEqual(['Because.', 'And so.'])
    expect(house.upstream.calls[1]?.request.messages).toEqual([
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Because.' },
      { role: 'user', content: 'And?' },
    ])
  })

  test('goes on behind a new conversation, and is there to come back to', async () => {
    const { page, ask, answers, ended, stop } = await visit(house.url)
    const tokens = numbered(60)
    house.upstream.next(answer(tokens, 50), answer(['New.']))
    await ask('Old?')
    await answers.getByText('t3 ').waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click()
    expect(await page.getByRole('article').count()).toBe(0)
    await ask('New?')
    await ended()
    expect(await answers.allTextContents()).toEqual(['New.'])
    expect(house.upstream.calls[1]?.request.messages).toEqual([{ role: 'user', content: 'New?' }])
    expect(house.upstream.open).toBe(1)
    await page.getByRole('button', { name: 'Conversations' }).click()
    await page.getByRole('button', { name: /^Old\?/ }).click()
    await stop.waitFor()
    await ended()
    expect(await answers.allTextContents()).toEqual([tokens.join('').trim()])
    expect(house.upstream.calls).toHaveLength(2)
  })

  test('is ended and forgotten with its conversation', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(numbered(1000), 20), answer(['New.']))
    await ask('Old?')
    await answers.getByText('t3 ').waitFor()
    await page.getByRole('button', { name: 'Conversations' }).click()
    await page.getByRole('button', { name: 'Delete “Old?”' }).click()
    await house.upstream.until(({ open }) => open === 0)
    await page.getByText('What you ask is kept here.').waitFor()
    await page.getByRole('button', { name: 'Back to the conversation' }).click()
    await ask('New?')
    await ended()
    expect(await answers.allTextContents()).toEqual(['New.'])
    expect(house.upstream.calls[1]?.request.messages).toEqual([{ role: 'user', content: 'New?' }])
  })

  test('is Markdown, and never markup', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    const tokens = [
      '<img src=x onerror=',
      'alert(1)> is **no',
      '** image\n\n```html\n<script>alert(2)</scr',
      'ipt>\n',
      '```\n&amp;',
    ]
    house.upstream.next(answer(tokens))
    await ask('<b>Why?</b>')
    await ended()
    expect(await page.getByRole('heading', { level: 3 }).textContent()).toBe('<b>Why?</b>')
    expect(await answers.locator('p').allTextContents()).toEqual([
      '<img src=x onerror=alert(1)> is no image',
      '&',
    ])
    expect(await answers.locator('strong').textContent()).toBe('no')
    expect(await answers.locator('pre').textContent()).toBe('<script>alert(2)</script>\n')
    expect(await page.locator('.turn').locator('img, script, b').count()).toBe(0)
  })
})

describe('an answer that fails', () => {
  test.each([
    ['is cut off', cut, 'The answer broke off'],
    ['is reset', reset, 'The answer broke off'],
  ])('as it %s keeps what had arrived, until another try has something better', async (_, fault, words) => {
    const { page, ask, answers, ended, retry } = await visit(house.url)
    house.upstream.next(
      inOrder(begun([role(), delta('Half an')], 20), fault),
      answer(['A whole', ' answer.'], 300),
    )
    await ask('Why?')
    await page.getByRole('heading', { name: words }).waitFor()
    expect(await answers.textContent()).toBe('Half an')
    await retry.click()
    expect(await answers.textContent()).toBe('Half an')
    await ended()
    expect(await answers.allTextContents()).toEqual(['A whole answer.'])
    expect(await page.getByRole('heading', { name: words }).count()).toBe(0)
    expect(house.upstream.calls[1]?.request.messages).toEqual([{ role: 'user', content: 'Why?' }])
  })

  test('by a rate limit says how long to wait, and holds the button so long', async () => {
    const { page, ask, retry } = await visit(house.url)
    const limit = failing(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '30' })
    house.upstream.next(limit)
    await ask()
    await page.getByRole('heading', { name: 'Too many questions at once' }).waitFor()
    expect(await retry.textContent()).toMatch(/^Try again in (29|30) s$/)
    expect(await retry.isDisabled()).toBe(true)
  })

  test('in the words of who refused it', async () => {
    const { page, ask } = await visit(house.url)
    house.upstream.next(failing(400, { message: 'This model can not do that.' }))
    await ask()
    await page.getByRole('article').getByText('This model can not do that.').waitFor()
  })

  test('without a connection is asked as soon as there is one', async () => {
    const { page, box, ask, answers, ended } = await visit(house.url)
    // Whoever writes has all that a conversation needs by then.
    await box.focus()
    const loaded = () =>
      page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => name)
          .join(),
      )
    await poll(loaded).toMatch(/view-rendering-/)
    await page.context().setOffline(true)
    await ask()
    await page.locator('.reconnecting').getByText('Reconnecting…').waitFor()
    await page.context().setOffline(false)
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('for want of what a conversation needs keeps the question, and can be asked again', async () => {
    const { page, box, ask, answers, ended, retry } = await visit(house.url, {
      expected: /ERR_FAILED|could not be loaded/,
    })
    await page.route('**/assets/parts/**', (route) => route.abort())
    await ask('Why?')
    await page.getByRole('alert').getByText('The server could not be reached.').waitFor()
    expect(await box.inputValue()).toBe('Why?')
    await page.unroute('**/assets/parts/**')
    await retry.click()
    await box.press('Enter')
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
    expect(await box.inputValue()).toBe('')
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('without ever reaching the server', async () => {
    const { page, ask, answers, ended, retry } = await visit(house.url)
    await page.route('**/v1/streams', (route) => route.abort())
    await ask()
    await page.getByRole('heading', { name: 'The server could not be reached' }).waitFor()
    await page.unroute('**/v1/streams')
    await retry.click()
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
  })

  test('can be left for another question', async () => {
    const { ask, answers, ended, retry } = await visit(house.url)
    house.upstream.next(inOrder(begun([role()]), cut), answer(['Yes.']))
    await ask('Why?')
    await retry.waitFor()
    await ask('Really?')
    await ended()
    expect(await retry.count()).toBe(0)
    expect(await answers.allTextContents()).toEqual(['', 'Yes.'])
    expect(house.upstream.calls[1]?.request.messages).toEqual([{ role: 'user', content: 'Really?' }])
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

  test('is not named where there is a key', async () => {
    const { page } = await visit(house.url)
    await page.getByRole('combobox', { name: 'Model' }).waitFor()
    expect(await page.getByText('This is a demo.').isVisible()).toBe(false)
  })
})
