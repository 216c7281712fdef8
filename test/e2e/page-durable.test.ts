/** An answer outlives its connection, its page and its tab; only a stop ends it. */
import type { Locator, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { fedAnswer } from '../support/fed-answer.ts'
import { useHouse } from '../support/house.ts'
import { hear, poll, usePages, type Visit } from '../support/pages.ts'
import { hang, inOrder, type Script } from '../support/script.ts'
import { answer, begun } from '../support/scripts.ts'
import { delta, numbered, role } from '../support/sse.ts'
import { usePlug } from './plug.ts'

const house = useHouse({ MODELS: 'gpt-test' })
const plug = usePlug(() => house.url)
const visit = usePages()

afterEach(() => plug.push())

const TOKENS = numbered(60)
const WHOLE = TOKENS.join('')
/** As it is shown: Markdown drops the space at its end. */
const TEXT = WHOLE.trim()

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
    const { page, log, ask, stop, answers, ended } = await visit(plug.url)
    const speed = page.getByText(/^First token after/)
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
    expect([await stop.isVisible(), await page.locator('.trouble-card').count()]).toEqual([true, 0])
    await answers.getByText('t29').waitFor()
    await speed.waitFor()
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
  }).toBe(true)
}

test('an answer whose connection was given up after five minutes is looked at again, not asked again', async () => {
  const visited = await visit(plug.url)
  const { page, answers, ended, retry } = visited
  const speech = hasPart(page, 'spoken-answer')
  await askInNoTime(visited, answer(TOKENS, 33))
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
    await giveUp(visited, 'This chat could not be reached')
    await page.unroute('**/view-rendering-*')
    plug.push()
    await retry.click()
    await ended()
    await poll(() => answers.allTextContents()).toEqual(['Once only.'])
    expect(house.upstream.calls).toHaveLength(1)
  },
)

describe('a reload', () => {
  test('before the server has answered sends nothing by itself, and then asks for the same answer', async () => {
    const { page, ask, answers, ended, retry } = await visit(house.url)
    const reloaded = Promise.withResolvers<void>()
    house.upstream.next(inOrder(() => reloaded.promise, answer(['Late', '.'])))
    await ask()
    await house.upstream.call(1)
    const sent: string[] = []
    page.on('request', (request) => {
      const { pathname } = new URL(request.url())
      // A GET of the bare route makes the visitor's object ready.
      if (/^\/v1\/streams\/./.test(pathname) || (request.method() === 'POST' && pathname === '/v1/streams'))
        sent.push(pathname)
    })
    // The page that goes may still ask again for what its own reload has cut.
    page.once('framenavigated', () => sent.splice(0))
    await page.reload()
    await page.getByRole('heading', { name: 'No answer had come when the page was left' }).waitFor()
    await page.locator('.question').getByText('Why?').waitFor()
    expect([sent, await answers.allTextContents()]).toEqual([[], ['']])
    reloaded.resolve()
    await retry.click()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Late.'])
    expect(house.upstream.calls).toHaveLength(1)
  })

  test('after which the answer is gone shows what had been kept of it', async () => {
    const { page, ask, answers } = await visit(house.url)
    house.upstream.next(fedAnswer(...TOKENS.slice(0, 21)).script)
    await ask()
    await answers.getByText('t20').waitFor()
    const error = { message: 'Gone.', type: 'invalid_request_error', param: null, code: 'stream_not_found' }
    await page.route('**/v1/streams/*', (route) => route.fulfill({ status: 404, json: { error } }))
    await page.reload()
    await page.getByRole('heading', { name: 'The rest of this answer is no longer there' }).waitFor()
    // The card can be there before what renders the text is.
    await poll(() => answers.textContent()).toBe(TOKENS.slice(0, 21).join('').trim())
  })
})

test('a stop in one tab ends the answer in the other', async () => {
  const one = await visit(house.url)
  house.upstream.next(fedAnswer(...TOKENS.slice(0, 21)).script)
  await one.ask()
  await one.answers.getByText('t20').waitFor()
  const other = await one.duplicate()
  await other.answers.getByText('t20').waitFor()
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

test('a stop takes effect at once without a connection, and is heard when there is one', async () => {
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
