/** An answer outlives its connection, its page and its tab; only a stop ends it. */
import { setTimeout } from 'node:timers/promises'
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { hear, poll, usePages } from '../support/pages.ts'
import { hang, inOrder, wait } from '../support/script.ts'
import { answer, begun } from '../support/scripts.ts'
import { delta, numbered, role } from '../support/sse.ts'
import { usePlug } from './plug.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const plug = usePlug(() => house.url)
const visit = usePages()

afterEach(() => plug.push())

const TOKENS = numbered(120)
const WHOLE = TOKENS.join('')
/** As it is shown: Markdown drops the space at its end. */
const TEXT = WHOLE.trim()

/** Takes four seconds, or as long as it is told to. */
const slow = (gapMs = 33) => answer(TOKENS, gapMs)

/** Notes each text that the last answer shows. */
async function watch(log: Locator): Promise<() => Promise<string[]>> {
  await log.evaluate((log) => {
    const texts = ['']
    new MutationObserver(() => {
      const text = [...log.querySelectorAll('.answer .text')].at(-1)?.textContent.trimEnd() ?? ''
      if (text !== texts.at(-1)) texts.push(text)
    }).observe(log, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { texts })
  })
  return () => log.evaluate(() => (window as unknown as { texts: string[] }).texts)
}

const reconnecting = (page: Page) => page.locator('.reconnecting').getByText('Reconnecting…')

/** Each is the beginning of the next, and of the whole. */
function expectGrowth(texts: string[]): void {
  for (const [i, text] of texts.entries()) {
    expect(text.length).toBeGreaterThanOrEqual(texts[i - 1]?.length ?? 0)
    expect(TEXT.startsWith(text)).toBe(true)
  }
}

describe('a connection that is gone for 3 s in mid-answer', () => {
  test.each<[string, (page: Page) => Promise<void>, (page: Page) => Promise<void>]>([
    [
      'and the browser knows',
      async (page) => {
        await page.context().setOffline(true)
        plug.pull()
      },
      async (page) => {
        plug.push()
        await page.context().setOffline(false)
      },
    ],
    ['and nobody is told', async () => plug.pull(), async () => plug.push()],
    [
      'or only seems to be',
      (page) => page.context().setOffline(true),
      (page) => page.context().setOffline(false),
    ],
  ])('%s: the answer goes on where it was', async (_, pull, push) => {
    const { page, log, ask, answers, ended } = await visit(plug.url)
    const [texts, heard] = [await watch(log), await hear(page)]
    house.upstream.next(slow(50))
    await ask()
    await answers.getByText('t9 ').waitFor()
    await pull(page)
    await setTimeout(3_000)
    await push(page)
    await ended()
    expect(await answers.textContent()).toBe(TEXT)
    expect(await reconnecting(page).isVisible()).toBe(false)
    expectGrowth(await texts())
    // What the answer says comes after that, at the pace of a voice.
    expect((await heard()).slice(0, 2)).toEqual(['The answer has begun.', 'Reconnecting…'])
    expect((await heard()).filter((said) => !/^t\d/.test(said))).toHaveLength(2)
    expect(house.upstream.calls).toHaveLength(1)
    expect(house.upstream.calls[0]?.closedAt).toBeUndefined()
  })

  test('is told quietly, and the speed comes back', async () => {
    const { page, ask, answers, stop } = await visit(plug.url)
    house.upstream.next(slow())
    await ask()
    await answers.getByText('t9 ').waitFor()
    const speed = page.getByText(/^First token after/)
    plug.pull()
    await reconnecting(page).waitFor()
    expect(await speed.isVisible()).toBe(false)
    expect(await stop.isVisible()).toBe(true)
    expect(await page.locator('.trouble-card').count()).toBe(0)
    plug.push()
    await speed.waitFor()
    expect(await reconnecting(page).isVisible()).toBe(false)
  })
})

test('an answer whose connection was given up is looked at again, not asked again', async () => {
  const { page, ask, answers, ended, retry } = await visit(plug.url)
  await page.clock.install()
  await page.reload()
  house.upstream.next(slow())
  await ask()
  await page.clock.resume()
  await answers.getByText('t9 ').waitFor()
  plug.pull()
  await reconnecting(page).waitFor()
  // Five minutes without a network.
  await poll(async () => {
    await page.clock.runFor(20_000)
    return page.getByRole('heading', { name: 'The connection was lost' }).isVisible()
  }, 20_000).toBe(true)
  plug.push()
  await retry.click()
  await ended()
  expect(await answers.allTextContents()).toEqual([TEXT])
  expect(house.upstream.calls).toHaveLength(1)
})

test('a question that was lost on its way back is not asked a second time', async () => {
  const { page, ask, answers, ended, retry } = await visit(plug.url)
  house.upstream.next(inOrder(wait(1_000), answer(['Once', '.'])))
  await ask()
  await house.upstream.call(1)
  plug.pull()
  await page.getByRole('heading', { name: 'The server could not be reached' }).waitFor()
  plug.push()
  await retry.click()
  await ended()
  expect(await answers.allTextContents()).toEqual(['Once.'])
  expect(house.upstream.calls).toHaveLength(1)
})

describe('a reload', () => {
  test('in mid-answer takes it up, and shows what was finished before', async () => {
    const { page, log, ask, answers, ended } = await visit(house.url)
    house.upstream.next(answer(['Because', '.']), slow(), answer(['Yes.']))
    await ask('Why?')
    await ended()
    await ask('Count.')
    await answers.getByText('t20 ').waitFor()
    await page.reload()
    const texts = await watch(log)
    await answers.getByText('t20 ').waitFor()
    expect(await answers.first().textContent()).toBe('Because.')
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Why?', 'Count.'])
    await ended()
    expect(await answers.allTextContents()).toEqual(['Because.', TEXT])
    expect((await texts()).every((text) => TEXT.startsWith(text))).toBe(true)
    expect(
      await page.getByText(/^First token after 0\.\d\d s · \d\.\d tokens per second · 12 tokens$/).count(),
    ).toBe(1)
    expect(house.upstream.calls).toHaveLength(2)

    // And the conversation goes on.
    await ask('Sure?')
    await ended()
    expect(house.upstream.calls[2]?.request.messages).toEqual([
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Because.' },
      { role: 'user', content: 'Count.' },
      { role: 'assistant', content: WHOLE },
      { role: 'user', content: 'Sure?' },
    ])
  })

  test('again and again gets there too', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    house.upstream.next(slow())
    await ask()
    for (const token of ['t5 ', 't30 ', 't31 ', 't90 ']) {
      await answers.getByText(token).waitFor()
      await page.reload()
    }
    await ended()
    expect(await answers.allTextContents()).toEqual([TEXT])
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('before the server has answered asks for the same answer, once', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    house.upstream.next(inOrder(wait(1_500), answer(['Late', '.'])))
    await ask()
    await house.upstream.call(1)
    await page.reload()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Late.'])
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('keeps what was finished, stopped and broken as it was', async () => {
    const { page, ask, answers, stop, ready, ended, retry } = await visit(house.url)
    house.upstream.next(
      answer(['Because', '.']),
      slow(),
      inOrder(begun([role(), delta('Half')]), ({ response }) => void response.destroy()),
    )
    await ask('Why?')
    await ended()
    await ask('Count.')
    await answers.getByText('t3 ').waitFor()
    await stop.click()
    await ended()
    await ask('And?')
    await page.getByRole('heading', { name: 'The answer broke off' }).waitFor()
    const before = await page.getByRole('article').allInnerTexts()
    await page.reload()
    await ready()
    await poll(() => page.getByRole('article').allInnerTexts()).toEqual(before)
    expect(before[1]).toContain('You stopped this answer.')
    house.upstream.next(answer(['Whole.']))
    await retry.click()
    await ended()
    expect((await answers.allTextContents()).at(-1)).toBe('Whole.')
  })

  test('after which the answer is gone shows what had been kept of it', async () => {
    const { page, ask, answers } = await visit(house.url)
    house.upstream.next(slow())
    await ask()
    await answers.getByText('t30 ').waitFor()
    const error = { message: 'Gone.', type: 'invalid_request_error', param: null, code: 'stream_not_found' }
    await page.route('**/v1/streams/*', (route) => route.fulfill({ status: 404, json: { error } }))
    await page.reload()
    await page.getByRole('heading', { name: 'This answer can’t be taken up again' }).waitFor()
    const text = (await answers.textContent()) ?? ''
    expect(text).toContain('t30 ')
    expect(TEXT.startsWith(text)).toBe(true)
  })

  test('stays in a new conversation, and has the earlier one to come back to', async () => {
    const { page, ask, answers, ready, ended } = await visit(house.url)
    await ask('Why?')
    await ended()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.reload()
    await ready()
    expect(await page.getByRole('article').count()).toBe(0)
    expect(await page.getByRole('heading', { name: 'Ask, and watch it arrive.' }).isVisible()).toBe(true)
    await page.getByRole('button', { name: 'Conversations' }).click()
    await page.getByRole('button', { name: /^Why\?/ }).click()
    expect(await answers.textContent()).toBe('Hello, world!')
  })

  test('where nothing may be kept is a page without a past', async () => {
    const { page, box, ask, answers, ready, ended } = await visit(house.url)
    await page.context().addInitScript(() => {
      Object.defineProperty(window, 'sessionStorage', {
        get() {
          throw new DOMException('Refused.', 'SecurityError')
        },
      })
    })
    await page.reload()
    await ask()
    await ended()
    expect(await answers.textContent()).toBe('Hello, world!')
    await page.reload()
    await box.focus()
    await ready()
    expect(await page.getByRole('article').count()).toBe(0)
  })
})

describe('two tabs', () => {
  test('watch one answer, each from its beginning', async () => {
    const one = await visit(house.url)
    house.upstream.next(slow())
    await one.ask()
    await one.answers.getByText('t30 ').waitFor()
    const other = await one.duplicate()
    await other.answers.getByText('t30 ').waitFor()
    await Promise.all([one.ended(), other.ended()])
    expect(await one.answers.textContent()).toBe(TEXT)
    expect(await other.answers.textContent()).toBe(TEXT)
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('a stop in one ends the other', async () => {
    const one = await visit(house.url)
    house.upstream.next(slow())
    await one.ask()
    await house.upstream.call(1)
    const other = await one.duplicate()
    await other.answers.getByText('t20 ').waitFor()
    await other.stop.click()
    await Promise.all([one.ended(), other.ended()])
    await house.upstream.until(({ open }) => open === 0)
    expect(house.upstream.calls[0]?.closedAt).toBeDefined()
    await other.note('You stopped this answer.').waitFor()
    await one.note('This answer was stopped.').waitFor()
    const text = (await one.answers.textContent()) ?? ''
    expect(await other.answers.textContent()).toBe(text)
    expect(TEXT.startsWith(text)).toBe(true)
    expect(text.length).toBeLessThan(TEXT.length)
  })

  test('one that is closed leaves the other its answer', async () => {
    const one = await visit(house.url)
    house.upstream.next(slow())
    await one.ask()
    await house.upstream.call(1)
    const other = await one.duplicate()
    await other.answers.getByText('t20 ').waitFor()
    await one.page.close()
    await other.ended()
    expect(await other.answers.textContent()).toBe(TEXT)
  })
})

test('a tab that is closed stops nothing', async () => {
  const { page, ask, answers } = await visit(house.url)
  house.upstream.next(slow())
  await ask()
  await answers.getByText('t3 ').waitFor()
  await page.close()
  const call = await house.upstream.call(1)
  await call.over
  expect(call.closedAt).toBeUndefined()
})

describe('a stop', () => {
  test('takes effect at once without a connection, and is heard when there is one', async () => {
    // What reads answers out loud is loaded with the first words, and may still be on its way.
    const expected = /ERR_CONNECTION_RESET/
    const { page, ask, answers, stop, ended, note } = await visit(plug.url, { expected })
    house.upstream.next(inOrder(begun([role(), delta('Half')]), hang))
    await ask()
    await answers.getByText('Half').waitFor()
    plug.pull()
    await reconnecting(page).waitFor()
    await stop.click()
    await ended()
    expect(await note('You stopped this answer.').isVisible()).toBe(true)
    expect(house.upstream.open).toBe(1)
    plug.push()
    await house.upstream.until(({ open }) => open === 0)
    expect(await answers.textContent()).toBe('Half')
  })
})

test('a stock EventSource resumes by itself, and stops when there is no more', async () => {
  const { page } = await visit(plug.url)
  house.upstream.next(slow())
  const seen = () =>
    page.evaluate(() => {
      const { source, events } = window as unknown as { source: EventSource; events: MessageEvent[] }
      return {
        state: source.readyState,
        events: events.map(({ lastEventId, data }) => [Number(lastEventId), data]),
      }
    })
  await page.evaluate(async () => {
    const messages = [{ role: 'user', content: 'Count.' }]
    const response = await fetch('/v1/streams', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages }),
    })
    await response.body?.cancel()
    const source = new EventSource(response.headers.get('location') ?? '')
    const events: MessageEvent[] = []
    source.onmessage = (event) => events.push(event)
    Object.assign(window, { source, events })
  })
  await poll(async () => (await seen()).events.length).toBeGreaterThan(20)
  plug.pull()
  const before = (await seen()).events.length
  plug.push()
  await poll(async () => (await seen()).state, 30_000).toBe(2)
  const { events } = await seen()
  expect(events.map(([id]) => id)).toEqual(events.map((_, i) => i + 1))
  expect(events.length).toBeGreaterThan(before)
  expect(events.at(-1)?.[1]).toBe('[DONE]')
  const text = events
    .slice(0, -1)
    .map(([, data]) => JSON.parse(String(data)).choices[0]?.delta.content ?? '')
    .join('')
  expect(text).toBe(WHOLE)
})
