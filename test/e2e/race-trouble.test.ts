/** The race where it does not go as planned: stopped, left, failed; and for those who listen or have no mouse. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useHouse } from '../support/house.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { hear, poll, usePages } from '../support/pages.ts'
import { cut, hang, inOrder } from '../support/script.ts'
import { answer, begun, json } from '../support/scripts.ts'
import { completion, delta, numbered, role } from '../support/sse.ts'
import type { Call } from '../support/upstream.ts'

const house = useHouse({ MODELS: 'gpt-test,gpt-4' })
const visit = usePages()

const streamed = ({ request }: Call) => request.stream === true

async function enter(url = house.url) {
  const seen = await visit(url)
  const { page } = seen
  await page.getByRole('link', { name: 'Race', exact: true }).click()
  const start = page.getByRole('button', { name: 'Start the race' })
  await start.waitFor()
  return {
    ...seen,
    start,
    stopRace: page.getByRole('button', { name: 'Stop the race' }),
    texts: page.locator('.lane .text'),
    notes: page.locator('.lane-note'),
    result: page.getByRole('heading', { name: 'When each message came' }),
  }
}

/** Both answers go on for long. */
function slow(): void {
  house.upstream.when((call) => (streamed(call) ? answer(numbered(1000), 20) : hang))
}

test('both questions leave at once, for the chosen model, and nothing of the demo’s with them', async () => {
  const { page, start, result } = await enter()
  const picker = page.getByRole('combobox', { name: 'Model' })
  await picker.selectOption('gpt-4')
  expect(await page.getByText('10× speed').isVisible()).toBe(false)
  const asked = () => house.upstream.calls.filter(({ method }) => method === 'POST')
  // Neither is answered before both are asked.
  const both = house.upstream.until(() => asked().length === 2)
  house.upstream.when((call) => {
    const whole = streamed(call) ? answer(['Hi']) : json(completion('Hi'))
    return call.method === 'POST' ? inOrder(() => both, whole) : undefined
  })
  await start.click()
  await result.waitFor()
  const [one, other] = asked()
  for (const call of [one, other]) {
    expect(call?.request).toMatchObject({ model: 'gpt-4' })
    expect(call?.request).not.toHaveProperty('demo_speed')
  }
  expect([one, other].map((call) => call?.request.stream).toSorted()).toEqual([false, true])
  expect(await page.locator('.figures').getByText('as the model’s service says').count()).toBe(2)
})

test('an answer of another encoding is counted by its own ranks', async () => {
  const { page, start, notes } = await enter()
  const ranks: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('.bin')) ranks.push(request.url())
  })
  house.upstream.when((call) =>
    streamed(call) ? undefined : json(completion('Hello, world!', { model: 'gpt-4-0613' })),
  )
  await start.click()
  await poll(() => notes.allTextContents()).toEqual([
    expect.stringMatching(/^All at once · 4 tokens$/),
    expect.stringMatching(/^All after .* · 4 tokens$/),
  ])
  expect(ranks.map((path) => /[a-z0-9]+k_base/.exec(path)?.[0]).toSorted()).toEqual([
    'cl100k_base',
    'o200k_base',
  ])
})

describe('a race that runs', () => {
  test.each(['its button', 'Escape'])('is stopped by %s, both ways', async (how) => {
    const { page, start, stopRace, texts, notes, result } = await enter()
    slow()
    await start.click()
    await poll(() => texts.last().textContent()).toContain('t5 ')
    if (how === 'Escape') await page.keyboard.press('Escape')
    else await stopRace.click()
    await start.waitFor()
    await house.upstream.until(({ open }) => open === 0)
    const clocks = await page.locator('.time').allTextContents()
    expect(await notes.first().textContent()).toBe('Stopped before anything came.')
    expect(await texts.last().textContent()).toMatch(/^t0 .*t5 /)
    expect(await result.count()).toBe(0)
    await poll(() => page.getByRole('status').textContent()).toBe('The race was stopped.')
    expect(await page.locator('.time').allTextContents()).toEqual(clocks)
    await expect
      .poll(() => start.evaluate((element) => element === document.activeElement))
      .toBe(how !== 'none')
  })

  test('ends when the reader goes to the chat, and when the page is left', async () => {
    const { page, start, texts } = await enter()
    for (const leave of [
      () => page.getByRole('link', { name: 'Chat' }).click(),
      () => page.goto('about:blank'),
    ]) {
      slow()
      if (!(await start.isVisible())) await page.goto(`${house.url}/#race`)
      await start.click()
      await poll(() => texts.last().textContent()).toContain('t3 ')
      await leave()
      await house.upstream.until(({ open }) => open === 0)
    }
  })
})

describe('a race that fails', () => {
  test('says so in words, stops the other way, and can be tried again', async () => {
    const { page, start, texts, notes, retry, result } = await enter()
    house.upstream.when((call) => (streamed(call) ? inOrder(begun([role(), delta('Half')], 50), cut) : hang))
    await start.click()
    await page.getByRole('heading', { name: 'The answer broke off' }).waitFor()
    await house.upstream.until(({ open }) => open === 0)
    expect(await texts.allTextContents()).toEqual(['', 'Half'])
    expect(await notes.first().textContent()).toBe('Stopped before anything came.')
    await house.upstream.clear()
    await retry.click()
    await result.waitFor()
    expect(await texts.allTextContents()).toEqual(['Hello, world!', 'Hello, world!'])
    expect(await page.getByRole('heading', { name: 'The answer broke off' }).count()).toBe(0)
  })

  test('for want of its code leaves the way back, and can be loaded again', async () => {
    const { page, retry } = await visit(house.url)
    await page.route('**/assets/race-*.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: '}' }),
    )
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.getByRole('heading', { name: 'The race could not be loaded' }).waitFor()
    await page.getByRole('link', { name: 'Chat' }).click()
    await poll(() => retry.count()).toBe(0)
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.unroute('**/assets/race-*.js')
    await retry.click()
    await page.getByRole('button', { name: 'Start the race' }).waitFor()
  })
})

test('the conversation is still there afterwards, and an answer that came meanwhile', async () => {
  const { page, ask, ended, answers, box } = await visit(house.url)
  house.upstream.next(answer(numbered(40), 20))
  await ask('Count.')
  await answers.getByText('t3 ').waitFor()
  await box.fill('And the next')
  await page.getByRole('link', { name: 'Race', exact: true }).click()
  await page.getByRole('button', { name: 'Start the race' }).waitFor()
  expect(await page.getByRole('article').isVisible()).toBe(false)
  // It is the chat's: Escape does not reach it from here.
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Chat' }).click()
  await ended()
  expect(await answers.textContent()).toBe(numbered(40).join('').trim())
  expect(await box.inputValue()).toBe('And the next')
})

describe('by ear and by keyboard', () => {
  let millrace: Millrace | undefined
  beforeAll(async () => {
    // The answer that comes as a whole is some 500 ms sooner: so the order holds on a busy machine, too.
    millrace = await startMillrace({ DEMO_SPEED: '10' })
  })
  afterAll(() => millrace?.stop())

  test('the beginning, the first words, both ends and the result are told', async () => {
    const { page, start, result } = await enter(millrace?.url)
    const heard = await hear(page)
    await start.click()
    await result.waitFor()
    await poll(heard).toEqual([
      'The race has begun.',
      expect.stringMatching(/^The streamed answer’s first words came after \d+\.\d+ s\.$/),
      expect.stringMatching(/^The unstreamed answer is complete, after \d+\.\d+ s\.$/),
      expect.stringMatching(
        /^The streamed answer is complete, after \d+\.\d+ s\. First words .*× sooner: .* unstreamed\.$/,
      ),
    ])
    const regions = page.locator('[aria-live], [role=log], [role=status], [role=alert]')
    // The chat's is out of the way.
    expect(await regions.filter({ visible: true }).count()).toBe(1)
  })

  test('everything is reached, in order, and shows its focus', async () => {
    const { page, result } = await enter(millrace?.url)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('race-title')
    const stops: string[] = []
    const step = async () => {
      await page.keyboard.press('Tab')
      stops.push(
        await page.evaluate(() => {
          const element = document.activeElement as HTMLElement
          const shown = element instanceof HTMLInputElement ? element.nextElementSibling : element
          const { outlineStyle, outlineWidth } = getComputedStyle(shown ?? element)
          const focus = outlineStyle !== 'none' && outlineWidth !== '0px'
          return `${element.id || element.className || element.tagName}${focus ? '' : ' without focus'}`
        }),
      )
    }
    for (let i = 0; i < 3; i++) await step()
    expect(stops).toEqual(['race-question', 'INPUT', 'race-start'])
    await page.keyboard.press('Enter')
    await poll(() => page.evaluate(() => document.activeElement?.id)).toBe('race-stop')
    await result.waitFor()
    await page.locator('.plot canvas').waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('race-start')
    for (let i = 0; i < 9; i++) await step()
    const lane = ['pool', 'BUTTON', 'PRE']
    expect(stops.slice(3)).toEqual([...lane, ...lane, 'SUMMARY', 'quiet save-csv', 'quiet save-png'])
  })
})
