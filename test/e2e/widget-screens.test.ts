/** What a reader sees before the first question, in a conversation, and on paper. */
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { OWN, useEmbedding } from '../support/embedding.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { poll } from '../support/pages.ts'
import { dataUrl, png } from '../support/pictures.ts'
import { answer } from '../support/scripts.ts'

const site = useEmbedding()
const boxOf = async (locator: Locator) => {
  const box = await locator.boundingBox()
  if (!box) throw new TypeError('It is not shown.')
  return { ...box, right: box.x + box.width, bottom: box.y + box.height }
}

const SQUARE = 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 1 1%22/%3E'

describe('before the first question', () => {
  test.each([
    ['its own', '<meta property="og:site_name" content="The old mill">', '', 'The old mill'],
    ['the attribute’s', '<meta property="og:site_name" content="The old mill">', 'heading="Ask"', 'Ask'],
    // The test's host is a number, which is no name.
    ['the language’s word for a chat', '', '', 'Chat'],
  ])('the name is %s', async (_, head, attributes, name) => {
    const { page } = await site.visit(`${OWN}${site.script()}<millrace-chat ${attributes}></millrace-chat>`, {
      head,
    })
    expect(await page.locator('#heading').textContent()).toBe(name)
    await page.getByRole('region', { name, exact: true }).waitFor()
  })

  test('the site’s picture is shown, and is nothing to screen readers', async () => {
    const { page, bubble, chat } = await site.visit(
      OWN + site.script(`data-launcher data-avatar="${SQUARE}"`),
      {
        images: 'data:',
      },
    )
    await bubble.click()
    const pictures = page.locator('.avatar')
    await poll(() => pictures.evaluateAll((all) => all.map((each) => each.checkVisibility()))).toEqual([
      true,
      true,
    ])
    expect(await page.getByRole('img').count()).toBe(0)
    expect((await boxOf(pictures.last())).width).toBeGreaterThan((await boxOf(pictures.first())).width)
    for (const address of ['', 'blob:x', 'javascript:alert(1)', 'data:text/html,x', dataUrl(png(1, 1))]) {
      await chat.evaluate((chat, address) => chat.setAttribute('avatar', address), address)
      // What is no image is not shown.
      await poll(() => pictures.evaluateAll((all) => all.map((each) => each.checkVisibility()))).toEqual([
        false,
        false,
      ])
    }
  })

  test('what can be asked stands near the box', async () => {
    const { page, bubble } = await site.visit(OWN + site.script('data-launcher data-starters="One?|Two?"'))
    await bubble.click()
    const [last, composer] = [page.locator('#starters button').last(), page.locator('#composer')]
    await poll(async () => (await boxOf(composer)).y - (await boxOf(last)).bottom).toBeLessThan(40)
    await page.getByText('What would you like to know?').waitFor()
  })
})

describe('the question box', () => {
  test('sends only what is there: until then its button is muted, and can have the focus', async () => {
    const { bubble, box, send, answers, ended } = await site.visit(OWN + site.script('data-launcher'))
    await bubble.click()
    const look = () =>
      send.evaluate((send) => [send.ariaDisabled, getComputedStyle(send).backgroundColor] as const)
    const [disabled, muted] = await look()
    expect(disabled).toBe('true')
    await send.click({ force: true })
    expect(await box.evaluate((box) => box.matches(':focus'))).toBe(true)
    expect(await answers.count()).toBe(0)
    await box.fill('  ')
    expect(await look()).toEqual(['true', muted])
    await box.fill('Why?')
    const [enabled, full] = await look()
    expect([enabled, full === muted]).toEqual(['false', false])
    await box.fill('')
    await send.focus()
    expect(await send.evaluate((send) => send.matches(':focus'))).toBe(true)
    await box.fill('Why?')
    await send.click()
    await ended()
    expect(await look()).toEqual(['true', muted])
  })

  test('its cursor stands where its language begins, and then where its text does', async () => {
    const { bubble, box } = await site.visit(OWN + site.script('data-launcher data-lang="ar"'))
    await bubble.click()
    const side = () => box.evaluate((box) => getComputedStyle(box).direction)
    expect(await side()).toBe('rtl')
    await box.fill('Why?')
    expect(await side()).toBe('ltr')
    await box.fill('لماذا؟')
    expect(await side()).toBe('rtl')
    await box.fill('')
    expect(await side()).toBe('rtl')
  })
})

describe('in a conversation', () => {
  test.each([
    ['right', 'en', 'Why?'],
    ['left', 'ar', 'لماذا؟'],
  ] as const)('what was asked stands on a card at the %s in %s', async (side, lang, short) => {
    const { page, bubble, ask, ended } = await site.visit(
      OWN + site.script(`data-launcher data-lang="${lang}"`),
    )
    await bubble.click()
    await ask(short)
    await ended()
    await ask('word '.repeat(200))
    await ended()
    const content = await boxOf(page.locator('.turn').first())
    for (const card of await page.locator('.question').all()) {
      const { x, right, width } = await boxOf(card)
      expect(Math.round(side === 'right' ? content.right - right : x - content.x)).toBe(0)
      expect(width).toBeLessThanOrEqual(content.width * 0.85 + 1)
    }
    expect((await boxOf(page.locator('.question').first())).width).toBeLessThan(content.width / 2)
  })

  test('what can be done with earlier answers is shown where the pointer or the focus is', async () => {
    const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher'))
    await bubble.click()
    await ask('One?')
    await ended()
    await ask('Two?')
    await ended()
    const opacity = (turn: number) =>
      page
        .locator('.turn')
        .nth(turn)
        .locator('.action:visible')
        .evaluateAll((all) => [...new Set(all.map((action) => getComputedStyle(action).opacity))].join())
    await page.mouse.move(0, 0)
    expect([await opacity(0), await opacity(1)]).toEqual(['0', '1'])
    await page.locator('.question').first().hover()
    expect([await opacity(0), await opacity(1)]).toEqual(['1', '1'])
    await page.mouse.move(0, 0)
    expect(await opacity(0)).toBe('0')
    // Hidden from view only: by keyboard and for screen readers it is there.
    const copy = page.getByRole('button', { name: 'Copy the answer' }).first()
    await copy.focus()
    expect([await opacity(0), await copy.evaluate((copy) => copy.matches(':focus'))]).toEqual(['1', true])
  })

  test('what is scrolled into view moves the answer, and not the panel around it', async () => {
    const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher'))
    await bubble.click()
    await ask('Why?')
    await ended()
    await page.locator('.turn .tools').evaluate((tools) => tools.scrollIntoView({ block: 'start' }))
    expect(await page.locator('#panel').evaluate(({ scrollTop }) => scrollTop)).toBe(0)
  })

  test('where nothing can hover, it is always shown', async () => {
    const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher'), {
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      isMobile: true,
    })
    await bubble.tap()
    await ask('One?')
    await ended()
    await ask('Two?')
    await ended()
    expect(
      await page
        .locator('.turn .action:visible')
        .evaluateAll((all) =>
          all.map((action) => getComputedStyle(action).opacity).filter((it) => it !== '1'),
        ),
    ).toEqual([])
  })

  test('a question is edited in view', async () => {
    const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher'))
    await bubble.click()
    for (const question of ['One?', `${'Two is long. '.repeat(20)}?`, 'Three?']) {
      site.upstream.next(answer(['word '.repeat(150)]))
      await ask(question)
      await ended()
    }
    const log = await boxOf(page.locator('#log'))
    for (const [turn, side] of [
      [2, 'top'],
      [1, 'top'],
      [1, 'bottom'],
      [0, 'bottom'],
    ] as const) {
      // By keyboard, out of view: the focus stays where it is while its reader scrolls.
      const edit = page.locator('.turn').nth(turn).locator('.edit')
      await edit.focus()
      await page.locator('#log').evaluate((log, side) => {
        log.scrollTo(0, side === 'top' ? 0 : log.scrollHeight)
      }, side)
      const { y, bottom } = await boxOf(edit)
      expect(y > log.bottom || bottom < log.y).toBe(true)
      await page.keyboard.press('Enter')
      const editor = page.locator('.editor')
      const form = await boxOf(editor)
      // Scrolling stops at a whole pixel.
      expect(form.y).toBeGreaterThan(log.y - 1)
      expect(form.bottom).toBeLessThan(log.bottom + 1)
      expect(
        await editor
          .locator('textarea')
          .evaluate((box: HTMLTextAreaElement) => [
            box.matches(':focus'),
            box.selectionStart === box.value.length,
          ]),
      ).toEqual([true, true])
      await page.keyboard.press('Escape')
    }
  })
})

describe('on paper', () => {
  test('the site is printed without its launcher and the panel', async () => {
    const { page, bubble, panel } = await site.visit(OWN + site.script('data-launcher'))
    await page.emulateMedia({ media: 'print' })
    expect(await bubble.isVisible()).toBe(false)
    await page.emulateMedia({ media: 'screen' })
    await bubble.click()
    await panel.waitFor()
    await page.emulateMedia({ media: 'print' })
    expect([await bubble.isVisible(), await panel.isVisible()]).toEqual([false, false])
  })

  test('a chat that fills the window is printed whole, in light colours, with the addresses of its links', async () => {
    const { page, ask, ended } = await site.visit(
      `${site.script()}<millrace-chat position="page" theme="dark"></millrace-chat>`,
    )
    site.upstream.next(
      answer([`${ALL_KINDS}\n\n[a link](https://mill.example/a/b?c)\n\n${'Text.\n\n'.repeat(80)}`]),
    )
    await ask('First?')
    await ended()
    await page.locator('.text pre').waitFor()
    const print = async () => {
      await page.emulateMedia({ media: 'print' })
      const shown = await page.locator('millrace-chat').evaluate((chat) => {
        const root = chat.shadowRoot
        const find = (selector: string) => root?.querySelector(selector) as HTMLElement
        const { height } = find('.content').getBoundingClientRect()
        const controls = [...(root?.querySelectorAll<HTMLElement>('button, textarea, .search') ?? [])]
        return {
          cut: find('#log').scrollHeight > find('#log').clientHeight,
          pages: document.documentElement.scrollHeight >= height && height > 2 * innerHeight,
          controls: controls.filter((control) => control.checkVisibility()).map(({ ariaLabel }) => ariaLabel),
          paper: getComputedStyle(find('#panel')).backgroundColor,
          links: [...(root?.querySelectorAll('.text a[title]') ?? [])].map((link) =>
            JSON.parse(getComputedStyle(link, '::after').content),
          ),
        }
      })
      await page.emulateMedia({ media: null })
      return shown
    }
    const whole = { cut: false, pages: true, controls: [], paper: 'rgb(255, 255, 255)' }
    const shown = await print()
    expect(shown).toMatchObject(whole)
    expect(shown.links).toContain('https://mill.example/a/b?c')
    // With the list of conversations beside it, and in its place.
    for (const width of [1200, 500]) {
      await page.setViewportSize({ width, height: 700 })
      await page.locator('#list').click()
      await page.locator('#conversations').waitFor()
      expect(await print()).toEqual(shown)
      await page.locator('#list').click()
    }
    const pages = (await page.pdf()).toString('latin1').match(/\/Type\s*\/Page\b/g)
    expect(pages?.length).toBeGreaterThan(2)
  })
})
