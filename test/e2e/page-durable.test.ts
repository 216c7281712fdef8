/** An answer outlives its connection, its page and its tab; only a stop ends it. */
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { fedAnswer } from '../support/fed-answer.ts'
import { useHouse } from '../support/house.ts'
import { hear, poll, usePages, type Visit } from '../support/pages.ts'
import { end, hang, inOrder, type Script, send } from '../support/script.ts'
import { answer, begun } from '../support/scripts.ts'
import { answerEvents, delta, numbered, role } from '../support/sse.ts'
import { usePlug } from './plug.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const plug = usePlug(() => house.url)
const visit = usePages()

afterEach(() => plug.push())

const TOKENS = numbered(60)
const WHOLE = TOKENS.join('')
/** As it is shown: Markdown drops the space at its end. */
const TEXT = WHOLE.trim()

/** Takes two seconds, or as long as it is told to. */
const slow = (gapMs = 33) => answer(TOKENS, gapMs)

/** The same whole answer, of which the first 21 tokens come at once and the rest when `goOn` is called. */
function inTwoParts(): { script: Script; goOn(): void } {
  const { promise, resolve: goOn } = Promise.withResolvers<void>()
  const events = answerEvents(TOKENS, { usage: true })
  const script = inOrder(begun(events.slice(0, 22)), () => promise, send(...events.slice(22)), end)
  return { script, goOn }
}

/** Resolves when this part of the page is there: one that is still on its way when the plug is pulled is lost with it. */
const hasPart = (page: Page, name: string) =>
  page.waitForEvent('requestfinished', (request) => request.url().includes(name))

/** What Chromium logs of a part that is lost with the connection. */
const LOST = /net::ERR_(CONNECTION_RESET|SOCKET_NOT_CONNECTED)/

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

describe('an answer whose connection is gone for a while', () => {
  test.each<[string, (page: Page) => Promise<void>, (page: Page) => Promise<void>]>([
    [
      'known to the browser',
      async (page) => {
        await page.context().setOffline(true)
        plug.pull()
        await reconnecting(page).waitFor()
      },
      async (page) => {
        plug.push()
        await page.context().setOffline(false)
      },
    ],
    [
      'told to nobody',
      async (page) => {
        plug.pull()
        await reconnecting(page).waitFor()
      },
      async () => plug.push(),
    ],
    [
      'only said by the browser to be gone',
      (page) => page.context().setOffline(true),
      (page) => page.context().setOffline(false),
    ],
  ])('goes on where it was, the loss being %s', async (_, pull, push) => {
    const { page, log, ask, answers, ended } = await visit(plug.url)
    const [texts, heard] = [await watch(log), await hear(page)]
    const speech = hasPart(page, 'spoken-answer')
    const fed = fedAnswer(...TOKENS.slice(0, 10))
    house.upstream.next(fed.script)
    await ask()
    await answers.getByText('t9').waitFor()
    await speech
    await pull(page)
    fed.say(...TOKENS.slice(10, 30))
    await push(page)
    await poll(heard).toContain('Reconnecting…')
    await answers.getByText('t29').waitFor()
    fed.say(...TOKENS.slice(30))
    fed.end()
    await ended()
    expect(await answers.textContent()).toBe(TEXT)
    expect(await reconnecting(page).isVisible()).toBe(false)
    expectGrowth(await texts())
    // What the answer says comes after that, at the pace of a voice.
    expect((await heard()).filter((said) => !/^t\d/.test(said))).toEqual([
      'The answer has begun.',
      'Reconnecting…',
    ])
    expect(house.upstream.calls).toHaveLength(1)
    expect(house.upstream.calls[0]?.closedAt).toBeUndefined()
  })

  test('is told quietly, and the speed comes back', async () => {
    const { page, ask, stop } = await visit(plug.url)
    const speech = hasPart(page, 'spoken-answer')
    house.upstream.next(inTwoParts().script)
    await ask()
    await speech
    const speed = page.getByText(/^First token after/)
    await speed.waitFor()
    plug.pull()
    await reconnecting(page).waitFor()
    expect([await speed.isVisible(), await stop.isVisible()]).toEqual([false, true])
    expect(await page.locator('.trouble-card').count()).toBe(0)
    plug.push()
    await speed.waitFor()
    expect(await reconnecting(page).isVisible()).toBe(false)
  })
})

/** Asks on a page whose timers run as fast as the test wants. */
async function askInNoTime({ page, ask }: Visit, script: Script): Promise<void> {
  await page.clock.install()
  await page.reload()
  house.upstream.next(script)
  await ask()
  await page.clock.resume()
}

/** Lets the page's timers run until it has given up and says so. */
async function giveUp({ page }: Visit, heading: string): Promise<void> {
  await poll(async () => {
    await page.clock.runFor(20_000)
    return page.getByRole('heading', { name: heading }).isVisible()
  }, 20_000).toBe(true)
}

test('an answer whose connection was given up after five minutes is looked at again, not asked again', async () => {
  const visited = await visit(plug.url)
  const { page, answers, ended, retry } = visited
  const speech = hasPart(page, 'spoken-answer')
  await askInNoTime(visited, slow())
  await answers.getByText('t9 ').waitFor()
  await speech
  plug.pull()
  await reconnecting(page).waitFor()
  await giveUp(visited, 'The connection was lost')
  plug.push()
  await retry.click()
  await ended()
  expect(await answers.allTextContents()).toEqual([TEXT])
  expect(house.upstream.calls).toHaveLength(1)
})

test.each([
  ['that is whole', false],
  ['without its renderer', true],
])(
  'a question that was lost on its way back, to a page %s, is not asked a second time',
  async (_, lacking) => {
    const pulled = Promise.withResolvers<void>()
    const visited = await visit(plug.url, lacking ? { expected: LOST } : {})
    const { page, answers, ended, retry } = visited
    const whole = lacking ? undefined : hasPart(page, 'view-rendering')
    if (lacking) {
      await page.route('**/view-rendering-*', async (route) => {
        await pulled.promise
        await route.abort('connectionreset')
      })
    }
    await askInNoTime(
      visited,
      inOrder(() => pulled.promise, answer(['On', 'ce **only**', '.'])),
    )
    await house.upstream.call(1)
    await whole
    plug.pull()
    pulled.resolve()
    await giveUp(visited, 'The server could not be reached')
    await page.unroute('**/view-rendering-*')
    plug.push()
    await retry.click()
    await ended()
    await poll(() => answers.allTextContents()).toEqual(['Once only.'])
    expect(house.upstream.calls).toHaveLength(1)
  },
)

describe('a reload', () => {
  test('in mid-answer takes it up, and shows what was finished before', async () => {
    const { page, log, ask, answers, ended } = await visit(house.url)
    const { script, goOn } = inTwoParts()
    house.upstream.next(answer(['Because', '.']), script, answer(['Yes.']))
    await ask('Why?')
    await ended()
    await ask('Count.')
    await answers.getByText('t20 ').waitFor()
    await page.reload()
    const texts = await watch(log)
    await answers.getByText('t20 ').waitFor()
    expect(await answers.first().textContent()).toBe('Because.')
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Why?', 'Count.'])
    goOn()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Because.', TEXT])
    expect((await texts()).every((text) => TEXT.startsWith(text))).toBe(true)
    // As the server has measured it.
    const speed = /^First token after \d+\.\d\d s · \d+\.\d tokens per second · 12 tokens$/
    expect(await page.getByRole('article').last().getByText(speed).count()).toBe(1)
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
    const fed = fedAnswer()
    house.upstream.next(fed.script)
    await ask()
    for (const [from, to] of [
      [0, 5],
      [5, 21],
      [21, 22],
      [22, 60],
    ]) {
      fed.say(...TOKENS.slice(from, to))
      await answers.getByText(TOKENS[(to ?? 0) - 1] ?? '').waitFor()
      await page.reload()
    }
    fed.end()
    await ended()
    expect(await answers.allTextContents()).toEqual([TEXT])
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('before the server has answered asks for the same answer, once', async () => {
    const { page, ask, answers, ended } = await visit(house.url)
    const reloaded = Promise.withResolvers<void>()
    house.upstream.next(inOrder(() => reloaded.promise, answer(['Late', '.'])))
    await ask()
    await house.upstream.call(1)
    await page.reload()
    reloaded.resolve()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Late.'])
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('keeps what was finished, stopped and broken as it was', async () => {
    const { page, ask, answers, stop, ready, ended, retry } = await visit(house.url)
    house.upstream.next(
      answer(['Because', '.']),
      inTwoParts().script,
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
    house.upstream.next(inTwoParts().script)
    await ask()
    await answers.getByText('t20 ').waitFor()
    const error = { message: 'Gone.', type: 'invalid_request_error', param: null, code: 'stream_not_found' }
    await page.route('**/v1/streams/*', (route) => route.fulfill({ status: 404, json: { error } }))
    await page.reload()
    await page.getByRole('heading', { name: 'This answer can’t be taken up again' }).waitFor()
    // The card can be there before what renders the text is.
    await poll(() => answers.textContent()).toBe(TOKENS.slice(0, 21).join('').trim())
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
    const { script, goOn } = inTwoParts()
    house.upstream.next(script)
    await one.ask()
    await one.answers.getByText('t20 ').waitFor()
    const other = await one.duplicate()
    await other.answers.getByText('t20 ').waitFor()
    goOn()
    await Promise.all([one.ended(), other.ended()])
    expect(await one.answers.textContent()).toBe(TEXT)
    expect(await other.answers.textContent()).toBe(TEXT)
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('a stop in one ends the other', async () => {
    const one = await visit(house.url)
    house.upstream.next(inTwoParts().script)
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
    const { page, ask, answers, stop, ended, note } = await visit(plug.url)
    const speech = hasPart(page, 'spoken-answer')
    house.upstream.next(inOrder(begun([role(), delta('Half')]), hang))
    await ask()
    await answers.getByText('Half').waitFor()
    await speech
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
