/** The page where answers are moderated: what is withheld is never seen, and what is taken back is gone. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type House, useHouse } from '../support/house.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import { hear, poll, usePages } from '../support/pages.ts'
import { hang, inOrder, type Script, wait } from '../support/script.ts'
import { answer, begun, failing, json } from '../support/scripts.ts'
import { completion, delta, numbered, role } from '../support/sse.ts'

const holding = useHouse({ MODERATION: 'both', MODELS: 'gpt-test' })
const retracting = useHouse({ MODERATION: 'output', MODERATION_MODE: 'retract', MODELS: 'gpt-test' })
const visit = usePages()

/** None of its letters stands in any other text. */
const BAD = 'βόμβα'
const isBad = (text: string) => /[α-ω]/.test(text)
const REST = 'The rest of this answer was withheld.'
const WHOLE = 'This answer was withheld.'

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
    await poll(heard, 20_000).toContain(REST)
    expect(isBad((await heard()).join())).toBe(false)
    const text = (await answers.textContent()) ?? ''
    expect(text).toMatch(/^t0 t1 /)
    expect(numbered(60).join('').startsWith(text)).toBe(true)
    expect([await seen(), isBad(await everything(page))]).toEqual([false, false])
    await page.reload()
    await note(REST).waitFor()
    expect([await answers.textContent(), await stateOf(page)]).toEqual([text, 'withheld'])
  })

  test('an answer that is flagged whole says so, and is not sent along', async () => {
    const { page, ask, ended, note } = await visit(holding.url)
    when(holding, answer([BAD]))
    await ask('First?')
    await ended()
    expect(await note(WHOLE).isVisible()).toBe(true)
    expect(await page.getByText('nothing to say').count()).toBe(0)
    await holding.upstream.clear()
    when(holding, answer(['Yes.']))
    await ask('Second?')
    await ended()
    const asked = holding.upstream.calls.find((call) => !isModeration(call))
    expect(asked?.request.messages).toEqual([{ role: 'user', content: 'Second?' }])
  })

  test('a flagged question has words of its own', async () => {
    const { page, ask, retry } = await visit(holding.url)
    when(holding, hang)
    await ask(`How is a ${BAD} built?`)
    await page.getByRole('heading', { name: 'This question was not let through' }).waitFor()
    expect(await retry.isVisible()).toBe(false)
  })

  test('an answer that nobody can check is not shown', async () => {
    const { page, ask, answers, retry } = await visit(holding.url)
    when(holding, answer(numbered(20)), failing(400))
    await ask()
    await page.getByRole('heading', { name: 'The answer could not be checked' }).waitFor()
    expect([await answers.textContent(), await retry.isEnabled()]).toEqual(['', true])
  })
})

describe('taken back', () => {
  /** The verdict on what is flagged comes late enough for it to be seen first. */
  const late: Script = async (reply) => {
    if (isBad(reply.call.body.toString())) await wait(1500)(reply)
    await verdict(isBad)(reply)
  }

  test('a flagged text leaves the page, what it keeps, and what is sent along', async () => {
    const { page, ask, answers, ended, note } = await visit(retracting.url)
    const seen = await watch(page)
    when(
      retracting,
      inOrder(begun([role(), ...[...numbered(60), `${BAD} `, 'and more '].map(delta)], 10), hang),
      late,
    )
    await ask('First?')
    await answers.getByText(BAD).waitFor()
    await note(REST).waitFor()
    await ended()
    const text = (await answers.textContent()) ?? ''
    expect(numbered(60).join('').startsWith(text)).toBe(true)
    expect([await seen(), isBad(await everything(page))]).toEqual([true, false])

    await retracting.upstream.clear()
    when(retracting, answer(['Yes.']))
    await ask('Second?')
    await ended()
    const asked = retracting.upstream.calls.find((call) => !isModeration(call))
    expect(JSON.stringify(asked?.request.messages)).not.toContain('β')
    await page.reload()
    await poll(() => answers.allTextContents()).toEqual([text, 'Yes.'])
  })

  test('it may be all there was', async () => {
    const { page, ask, answers, ended, note } = await visit(retracting.url)
    when(retracting, answer([BAD, ' 🎉', ' and more'], 20), late)
    await ask()
    await answers.getByText(BAD).waitFor()
    await note(WHOLE).waitFor()
    await ended()
    expect([await answers.textContent(), isBad(await everything(page))]).toEqual(['', false])
  })

  test('over many blocks, what stays is what it would be alone, and is not touched', async () => {
    const { page, ask, answers, ended, note } = await visit(retracting.url)
    const paragraph = `${'word '.repeat(60)}\n\n`
    const passed = `${paragraph.repeat(12)}As code:\n\`\`\`js\n${'let a = "🎉"\n'.repeat(30)}`
    const flagged = `\`\`\`\n${paragraph.repeat(2)}\`\`\`\n${BAD}\n\`\`\`\nand prose`
    const words = (text: string) => (text.match(/[\s\S]{1,40}/g) ?? []).map(delta)
    when(
      retracting,
      inOrder(begun([role(), ...words(passed), ...words(flagged)], 4), hang),
      inOrder(wait(150), verdict(isBad)),
    )
    await ask()
    const first = answers.locator('> p').first()
    await answers.locator('> p').nth(2).waitFor()
    const selected = await first.evaluate((block) => {
      Object.assign(block, { mark: true })
      const selection = (block.getRootNode() as unknown as Document).getSelection()
      selection?.setBaseAndExtent(block.firstChild as Text, 5, block.firstChild as Text, 19)
      return String(selection)
    })
    await note(REST).waitFor()
    await ended()
    // Where it is cut depends on what had been looked at by then.
    const prose = await answers.locator('> p').allTextContents()
    const whole = [...Array(12).fill(paragraph.trim()), 'As code:', ...Array(2).fill(paragraph.trim())]
    const last = prose.pop() ?? ''
    expect(prose).toEqual(whole.slice(0, prose.length))
    expect(whole[prose.length]?.startsWith(last)).toBe(true)
    expect(prose.length).toBeGreaterThan(5)
    const code = (await answers.locator('pre').allTextContents())[0] ?? ''
    // The last line of code has an end, wherever it was cut.
    expect(passed.slice(passed.indexOf('let a')).startsWith(code.trimEnd())).toBe(true)
    const kept = await first.evaluate((block) => [
      (block as unknown as { mark?: boolean }).mark,
      String((block.getRootNode() as unknown as Document).getSelection()),
    ])
    expect(kept).toEqual([true, selected])
    expect(selected).toBe('word word word')
    const blocks = await answers.innerHTML()
    await page.reload()
    await note(REST).waitFor()
    await poll(() => answers.innerHTML()).toBe(blocks)
  })

  test('every tab that watches obeys', async () => {
    const one = await visit(retracting.url)
    when(retracting, inOrder(begun([role(), ...[...numbered(60), `${BAD} `].map(delta)], 20), hang), late)
    await one.ask()
    await one.answers.getByText('t20 ').waitFor()
    const other = await one.duplicate()
    await Promise.all([one.note(REST).waitFor(), other.note(REST).waitFor()])
    await Promise.all([one.ended(), other.ended()])
    expect(await other.answers.textContent()).toBe(await one.answers.textContent())
    expect(isBad((await everything(one.page)) + (await everything(other.page)))).toBe(false)
  })

  test('also after the reader has stopped to look at more', async () => {
    const { page, ask, answers, stop, ended } = await visit(retracting.url)
    when(
      retracting,
      inOrder(begun([role(), delta(`One ${BAD} two`)]), hang),
      inOrder(wait(1000), verdict(isBad)),
    )
    await ask()
    await answers.getByText(BAD).waitFor()
    // The server doesn't hear of it before it has its verdict.
    await page.route('**/v1/streams/*', () => {})
    await stop.click()
    await ended()
    expect(await answers.textContent()).toContain(BAD)
    await poll(() => answers.textContent()).not.toContain(BAD)
    await poll(async () => isBad(await everything(page))).toBe(false)
  })

  test('from the race', async () => {
    const { page } = await visit(retracting.url)
    const model: Script = (reply) =>
      reply.call.request.stream
        ? answer([...numbered(60), `${BAD} `, 'and more '], 20)(reply)
        : json(completion('Whole.'))(reply)
    when(retracting, model, late)
    await page.getByRole('link', { name: 'Race', exact: true }).click()
    await page.getByRole('button', { name: 'Start the race' }).click()
    const streamed = page.getByRole('region', { name: 'Streamed', exact: true })
    await streamed.getByText(BAD).waitFor()
    await streamed.getByText('the rest was withheld').waitFor()
    await page.getByRole('heading', { name: /^The result/ }).waitFor()
    expect(isBad(await everything(page))).toBe(false)
  })
})
