/** The page where answers are moderated: what is withheld is never seen, and what is taken back is gone. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type House, useHouse } from '../support/house.ts'
import { heldVerdict, isModeration, verdict } from '../support/moderation-server.ts'
import { hear, poll, usePages } from '../support/pages.ts'
import { hang, inOrder, type Script } from '../support/script.ts'
import { answer, begun, json } from '../support/scripts.ts'
import { completion, delta, numbered, role } from '../support/sse.ts'

const holding = useHouse({ MODERATION: 'both', MODELS: 'gpt-test' })
const retracting = useHouse({ MODERATION: 'output', MODERATION_MODE: 'retract', MODELS: 'gpt-test' })
const visit = usePages()

/** None of its letters stands in any other text. */
const BAD = 'βόμβα'
const isBad = (text: string) => /[α-ω]/.test(text)
const REST = 'The rest can’t be shown: it did not pass a safety check.'

function when({ upstream }: House, model: Script, moderation: Script = verdict(isBad)): void {
  upstream.when((call) => (isModeration(call) ? moderation : model))
}

/** Whether any of it was in the chat at any time. */
async function watch(page: Page): Promise<() => Promise<boolean>> {
  await page.locator('#panel').evaluate((panel) => {
    const seen = { bad: false }
    new MutationObserver(() => {
      seen.bad ||= /[α-ω]/.test(panel.textContent)
    }).observe(panel, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { seen })
  })
  return () => page.evaluate(() => (window as unknown as { seen: { bad: boolean } }).seen.bad)
}

/** All that is in the page, shadow trees and all, and what it keeps. */
const everything = (page: Page) =>
  page.evaluate(() => {
    const shadow = document.querySelector('millrace-chat')?.shadowRoot
    if (!shadow) throw new TypeError('There is no chat.')
    const kept = JSON.stringify([{ ...sessionStorage }, { ...localStorage }])
    return document.documentElement.outerHTML + shadow.innerHTML + kept
  })

const stateOf = (page: Page) => page.locator('.answer').last().getAttribute('data-state')

describe('held back', () => {
  test('a flagged text is not seen for a moment, and what passed stays', async () => {
    const { page, ask, answers, ended, note } = await visit(holding.url)
    const [seen, heard] = [await watch(page), await hear(page)]
    when(holding, answer([...numbered(60), BAD, ...numbered(20)], 5))
    await ask()
    await ended()
    expect(await note(REST).isVisible()).toBe(true)
    expect(await stateOf(page)).toBe('withheld')
    // After what may be read of it.
    await poll(heard).toContain(REST)
    expect(isBad((await heard()).join())).toBe(false)
    const text = (await answers.textContent()) ?? ''
    expect(text).toMatch(/^t0 t1 /)
    expect(numbered(60).join('').startsWith(text)).toBe(true)
    expect([await seen(), isBad(await everything(page))]).toEqual([false, false])
    await page.reload()
    await note(REST).waitFor()
    await poll(() => answers.textContent()).toBe(text)
    expect(await stateOf(page)).toBe('withheld')
  })
})

describe('taken back', () => {
  test('a text whose reader has stopped to look at more goes too', async () => {
    const { page, ask, answers, stop, ended } = await visit(retracting.url)
    const { script, give } = heldVerdict(isBad)
    when(retracting, inOrder(begun([role(), delta(`One ${BAD} two`)]), hang), script)
    await ask()
    await answers.getByText(BAD).waitFor()
    // The server doesn't hear of it before it has its verdict.
    await page.route('**/v1/streams/*', () => {})
    await stop.click()
    await ended()
    expect(await answers.textContent()).toContain(BAD)
    give()
    await poll(() => answers.textContent()).not.toContain(BAD)
    await poll(async () => isBad(await everything(page))).toBe(false)
  })

  test('a text goes from the race', async () => {
    const { page } = await visit(retracting.url)
    const model: Script = (reply) =>
      reply.call.request.stream
        ? answer([...numbered(60), `${BAD} `, 'and more '], 20)(reply)
        : json(completion('Whole.'))(reply)
    const { script, give } = heldVerdict(isBad)
    when(retracting, model, script)
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.getByRole('button', { name: 'Start the race' }).click()
    const streamed = page.getByRole('region', { name: 'Streamed', exact: true })
    await streamed.getByText(BAD).waitFor()
    give()
    await streamed.getByText('the rest was withheld').waitFor()
    await page.getByRole('heading', { name: 'When each message came' }).waitFor()
    expect(isBad(await everything(page))).toBe(false)
  })
})
