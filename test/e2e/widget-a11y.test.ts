/** The widget for who uses it by keyboard, hears it, needs it larger, in other colours, or still. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { axeFindings } from '../support/axe.ts'
import { type Embedded, OWN, useEmbedding } from '../support/embedding.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { poll } from '../support/pages.ts'
import { hang } from '../support/script.ts'
import { answer, failing } from '../support/scripts.ts'

const site = useEmbedding()
const open = async (attributes = '', options: Parameters<typeof site.visit>[1] = {}) => {
  const embedded = await site.visit(OWN + site.script(`data-launcher ${attributes}`), options)
  await embedded.bubble.click()
  await embedded.panel.waitFor()
  return embedded
}

/** What has the focus, in whichever tree. */
const focused = (page: Page) =>
  page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return element?.ariaLabel || element?.id || element?.textContent?.trim() || element?.tagName
  })

/** Goes on by Tab until this has the focus. */
async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  const seen: unknown[] = []
  for (let stop = 0; stop < 60; stop++) {
    const at = String(await focused(page))
    if (typeof name === 'string' ? at === name : name.test(at)) return
    seen.push(at)
    await page.keyboard.press(key)
  }
  expect(seen).toContain(name)
}

describe('axe finds nothing', () => {
  test.each([
    ['en', 'light'],
    ['ar', 'dark'],
  ] as const)('in %s, %s, in whatever state', async (lang, colorScheme) => {
    const embedded = await site.visit(
      OWN + site.script(`data-launcher data-lang="${lang}" data-starters="One?|Two?" data-speed`),
      {
        colorScheme,
        css: colorScheme === 'dark' ? 'body { background: #111; color: #eee } a { color: #9cf }' : '',
      },
    )
    const { page, bubble, panel, ask, begun, ended } = embedded
    const found: Record<string, string[]> = {}
    const look = async (state: string) => {
      const findings = await axeFindings(page)
      if (findings.length > 0) found[state] = findings
    }
    await look('closed')
    await bubble.click()
    await panel.waitFor()
    await look('open')
    const fed = fedAnswer(ALL_KINDS)
    site.upstream.next(fed.script)
    await ask()
    await begun()
    await look('streaming')
    fed.end()
    await ended()
    await look('ended')
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 0))
    await look('ended, at its beginning')
    await page.locator('.asked .edit').click()
    await look('editing')
    await page.keyboard.press('Escape')
    site.upstream.next(failing(400, { message: 'No such thing.' }))
    await ask('And then?')
    await page.locator('.trouble-card').waitFor()
    await look('in error')
    site.upstream.next(
      failing(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '30', 'x-should-retry': 'false' }),
    )
    await ask('And then?')
    await page.locator('.trouble-card[data-tone="wait"] button:disabled').waitFor()
    await look('counting down')
    await page.locator('#new').click()
    await ask('Another')
    await ended()
    await page.locator('#list').click()
    await page.locator('.conversation-list li').nth(1).waitFor()
    await look('the list')
    await page.locator('.conversation-list .rename').first().focus()
    await look('a row of the list')
    await page.keyboard.press('Enter')
    await page.locator('.name').waitFor()
    await look('renaming')
    await page.keyboard.press('Escape')
    await page.locator('.search').fill('zebra')
    await page.locator('.none:not(:empty)').waitFor()
    await look('nothing found')
    expect(found).toEqual({})
  })

  test.each([
    ['en', 'light'],
    ['ar', 'dark'],
  ] as const)('in %s, %s, with what a page adds', async (lang, colorScheme) => {
    const { page, call, ask, ended } = await open(`data-lang="${lang}" data-dictation`, {
      colorScheme,
      css: colorScheme === 'dark' ? 'body { background: #111; color: #eee } a { color: #9cf }' : '',
    })
    await call((chat) => {
      chat.context = () => ({ title: 'A mill' })
    })
    await ask()
    await ended()
    await call((chat) => chat.suggest(['Why?', 'How?']))
    await page.locator('.suggestions button').first().waitFor()
    await page.locator('.dictate').waitFor()
    expect(await axeFindings(page)).toEqual([])
    for (const summary of await page.locator('.page-context summary').all()) await summary.click()
    await page.locator('.sees-page pre').getByText('A mill').waitFor()
    expect(await axeFindings(page)).toEqual([])
    // By keyboard, in the order of reading.
    await page.locator('.tools button').last().focus()
    for (const name of ['Why?', 'How?']) {
      await page.keyboard.press('Tab')
      expect(await focused(page)).toBe(name)
    }
  })

  test.each(['inline', 'page'])('%s', async (position) => {
    const { page, ask, ended } = await site.visit(
      `<main><h1>A site</h1><millrace-chat position="${position}" starters="One?"></millrace-chat></main>${site.script()}`,
    )
    expect(await axeFindings(page)).toEqual([])
    site.upstream.next(answer([ALL_KINDS]))
    await ask()
    await ended()
    expect(await axeFindings(page)).toEqual([])
    await page.locator('#list').click()
    await page.locator('.conversation-list').waitFor()
    expect(await axeFindings(page)).toEqual([])
  })
})

describe('roles and names', () => {
  test('say what is there, closed and open', async () => {
    const { page, bubble, panel, ask, ended } = await site.visit(OWN + site.script('data-launcher'))
    const button = page.getByRole('button', { name: 'Open the chat' })
    await button.waitFor()
    expect(await bubble.getAttribute('aria-haspopup')).toBe('dialog')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await button.click()
    // One way to close it, in it.
    await page.getByRole('button', { name: 'Close the chat' }).waitFor()
    expect(await bubble.isVisible()).toBe(false)
    const dialog = page.getByRole('dialog', { name: 'Chat' })
    expect(await panel.getAttribute('aria-modal')).toBe('false')
    await dialog.getByRole('heading', { name: 'Chat', level: 2 }).waitFor()
    await dialog.getByRole('region', { name: 'Conversation' }).waitFor()
    await ask('Why?')
    await ended()
    await dialog.getByRole('article').getByRole('heading', { name: 'Why?', level: 3 }).waitFor()
    expect(
      await dialog.getByRole('textbox', { name: 'Your question' }).getAttribute('aria-describedby'),
    ).toMatch(/^keys\b/)
    const names = await dialog
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map(({ ariaLabel }) => ariaLabel))
    expect(names).toEqual([
      'Conversations',
      'New conversation',
      'Close the chat',
      'Edit the question',
      'Copy the answer',
      'Answer again',
      'Good answer',
      'Bad answer',
      'Send',
    ])
  })

  test('on a phone the dialog is modal', async () => {
    const { panel } = await open('', { viewport: { width: 390, height: 780 } })
    expect(await panel.getAttribute('aria-modal')).toBe('true')
  })
})

describe('the focus', () => {
  test('stays in the open launcher, forth and back, through everything that can have it', async () => {
    const { page, ask, ended } = await open()
    site.upstream.next(answer([ALL_KINDS]))
    await ask()
    await ended()
    const stops = async (key: string) => {
      const seen: unknown[] = []
      const first = await focused(page)
      do {
        seen.push(await focused(page))
        await page.keyboard.press(key)
      } while ((await focused(page)) !== first && seen.length < 40)
      return seen
    }
    const forth = await stops('Tab')
    expect(forth).toEqual(
      [
        'question',
        'Send',
        'Conversations',
        'New conversation',
        'Close the chat',
        'log',
        'Edit the question',
        'a link',
        expect.stringContaining('Millrace'),
        'Copy',
        expect.stringContaining('const answer'),
        'Copy the answer',
        'Answer again',
        'Good answer',
        'Bad answer',
      ].map((name) => (name === 'question' ? 'Your question' : name === 'log' ? 'Conversation' : name)),
    )
    expect(await stops('Shift+Tab')).toEqual([forth[0], ...forth.slice(1).reverse()])
  })

  test('returns to the bubble, and to what had it when the page opened the chat', async () => {
    const { page, bubble, box, panel } = await open()
    expect(await focused(page)).toBe('Your question')
    await page.keyboard.press('Escape')
    expect(await bubble.evaluate((bubble) => bubble.matches(':focus'))).toBe(true)
    await page.keyboard.press('Enter')
    await panel.waitFor()
    await page.locator('#close').click()
    expect(await bubble.evaluate((bubble) => bubble.matches(':focus'))).toBe(true)
    await page.evaluate(() =>
      document
        .querySelector('#own')
        ?.addEventListener('click', () => document.querySelector('millrace-chat')?.show()),
    )
    await page.locator('#own').focus()
    await page.keyboard.press('Enter')
    await panel.waitFor()
    expect(await box.evaluate((box) => box.matches(':focus'))).toBe(true)
    await page.keyboard.press('Escape')
    expect(await focused(page)).toBe('own')
  })

  test('returns into a component of the site, where the chat stands in one', async () => {
    const { page, panel } = await site.visit(OWN + site.script())
    await page.evaluate(() => {
      const host = document.createElement('div')
      const chat = document.createElement('millrace-chat')
      const button = document.createElement('button')
      chat.setAttribute('launcher', '')
      button.id = 'theirs'
      button.addEventListener('click', () => chat.show())
      host.attachShadow({ mode: 'open' }).append(button, chat)
      document.body.append(host)
    })
    for (const [opener, name] of [
      ['#theirs', 'theirs'],
      ['#launcher', 'Open the chat'],
    ] as const) {
      await page.locator(opener).focus()
      await page.keyboard.press('Enter')
      await panel.waitFor()
      await page.keyboard.press('Escape')
      await panel.waitFor({ state: 'hidden' })
      expect(await focused(page)).toBe(name)
    }
  })

  test.each(['display: none', 'visibility: hidden'])(
    'goes to the bubble where what had it is hidden by %s',
    async (style) => {
      const { page, bubble, panel } = await site.visit(OWN + site.script('data-launcher'), {
        css: `.closed { ${style} }`,
      })
      // As an entry of a menu does.
      await page.evaluate(() =>
        document.querySelector('#own')?.addEventListener('click', ({ currentTarget }) => {
          document.querySelector('millrace-chat')?.show()
          ;(currentTarget as Element).className = 'closed'
        }),
      )
      await page.locator('#own').click()
      await panel.waitFor()
      await page.keyboard.press('Escape')
      expect(await bubble.evaluate((bubble) => bubble.matches(':focus'))).toBe(true)
    },
  )

  test('stays where it is when who reads has gone on with the page', async () => {
    const { page, call, panel } = await open()
    await page.locator('#field').focus()
    await call((chat) => chat.hide())
    await panel.waitFor({ state: 'hidden' })
    expect(await page.locator('#field').evaluate((field) => field.matches(':focus'))).toBe(true)
  })

  test('is not taken by a chat that the page has open from the beginning', async () => {
    const { page, panel } = await site.visit(OWN + site.script('data-launcher data-open'))
    await panel.waitFor()
    expect(await focused(page)).not.toBe('Your question')
  })
})

describe('Escape', () => {
  test('closes the innermost thing that is open, and nothing while an input method is at work', async () => {
    const { page, box, panel, ask, ended } = await open()
    await ask()
    await ended()
    await box.focus()
    const session = await page.context().newCDPSession(page)
    await session.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(true)
    await box.fill('')
    await page.locator('.asked .edit').click()
    await page.keyboard.press('Escape')
    expect([await page.locator('.editor').count(), await focused(page)]).toEqual([0, 'Edit the question'])
    await page.locator('#list').click()
    await page.keyboard.press('Escape')
    expect([await page.locator('#conversations').isVisible(), await panel.isVisible()]).toEqual([false, true])
    expect(await focused(page)).toBe('Conversations')
    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(false)
  })
})

/** As Safari has it after the end of a composition: marked by its code alone. */
const leaveCandidates = (page: Page, field: string) =>
  page.locator(field).evaluate((field) =>
    field.dispatchEvent(
      new KeyboardEvent('keydown', {
        key: 'Escape',
        keyCode: 229,
        bubbles: true,
        composed: true,
        cancelable: true,
      }),
    ),
  )

describe('Escape that leaves the candidates of an input method in Safari', () => {
  test('closes no launcher, and discards no edit', async () => {
    const { page, panel, ask, ended } = await open()
    await ask()
    await ended()
    await leaveCandidates(page, '#question')
    expect(await panel.isVisible()).toBe(true)
    await page.locator('.asked .edit').click()
    await leaveCandidates(page, '.editor textarea')
    expect(await page.locator('.editor').count()).toBe(1)
  })

  test('stops no answer', async () => {
    const fed = fedAnswer('One ')
    site.upstream.next(fed.script)
    const { page, ask, begun, told } = await site.visit(
      `${OWN}<millrace-chat></millrace-chat>${site.script()}`,
    )
    await ask()
    await begun()
    await leaveCandidates(page, '#question')
    fed.say('two.')
    fed.end()
    await poll(() => told('millrace-answer')).toMatchObject([{ answer: 'One two.', end: 'done' }])
  })
})

describe('what is heard', () => {
  const hear = ({ page }: Embedded) =>
    page.evaluate(() => {
      const regions =
        document.querySelector('millrace-chat')?.shadowRoot?.querySelectorAll('[aria-live]') ?? []
      for (const region of regions) {
        new MutationObserver((records) => {
          for (const { addedNodes } of records)
            for (const node of addedNodes) globalThis.told.push(['heard', node.textContent])
        }).observe(region, { childList: true, characterData: true, subtree: true })
      }
      return regions.length
    })

  /** An open chat that is heard, in a page whose time can be made to pass. */
  async function listen() {
    const embedded = await open()
    await embedded.page.clock.install()
    await embedded.box.focus()
    await poll(() => hear(embedded)).toBe(1)
    return embedded
  }

  test('is an answer in its sentences, each once and in order, not its tokens', async () => {
    const embedded = await listen()
    const { page, ask, ended, told, answers } = embedded
    const sentences = [
      'A millrace leads water to a wheel.',
      'It turns the **wheel**, and `that` turns the stone!',
      'Is it fast?',
      'No.\n\nThen it flows back.',
    ]
    site.upstream.next(answer(sentences.join(' ').match(/.{1,3}/gs) ?? [], 30))
    await ask()
    await ended()
    const spoken = sentences.join(' ').replace(/[*`]/g, '').replace(/\s+/g, ' ')
    const heard = async () => ((await told('heard')) as string[]).slice(1)
    await poll(async () => (await heard()).join(' ')).toBe(spoken)
    // Nothing comes after it.
    await page.clock.runFor(10_000)
    expect((await heard()).join(' ')).toBe(spoken)
    expect((await told('heard'))[0]).toBe('The answer has begun.')
    expect((await heard()).length).toBeGreaterThan(1)
    for (const announcement of await heard()) expect(announcement).toMatch(/^[A-Z].*[.!?]$/)
    expect(await answers.evaluateAll((texts) => texts.map((text) => text.closest('[aria-live]')))).toEqual([
      null,
    ])
  })

  test('is a failure, once', async () => {
    const embedded = await listen()
    site.upstream.next(failing(404, { code: 'model_not_found' }))
    await embedded.ask()
    await embedded.page.locator('.trouble-card').waitFor()
    expect(await embedded.told('heard')).toHaveLength(1)
    const title = await embedded.page.locator('.trouble-card h4').textContent()
    expect((await embedded.told('heard'))[0]).toContain(title)
  })

  /** An answer of which the first sentence was heard, and the second has come. */
  async function halfWay() {
    const embedded = await listen()
    const fed = fedAnswer(...SENTENCES.slice(0, 2))
    site.upstream.next(fed.script)
    await embedded.ask()
    const heard = async () => ((await embedded.told('heard')) as string[]).join(' ')
    await poll(heard).toContain('sentence 0 of all.')
    return { ...embedded, embedded, fed, heard }
  }
  const SENTENCES = Array.from({ length: 40 }, (_, index) => `This is sentence ${index} of all. `)
  const spoken = (from: number, to: number) => SENTENCES.slice(from, to).join('').trim()

  test('ends with a stop, of which alone is told', async () => {
    const { page, stop, ended, fed, heard, answers } = await halfWay()
    fed.say(...SENTENCES.slice(2, 20))
    await answers.getByText('sentence 19').waitFor()
    await stop.click()
    await ended()
    await poll(heard).toContain('You stopped')
    const then = await heard()
    await page.clock.runFor(30_000)
    expect([await heard(), then.endsWith('You stopped this answer.')]).toEqual([then, true])
  })

  test('ends with an answer that is dropped for another question', async () => {
    const { page, stop, fed, heard, answers } = await halfWay()
    site.upstream.next(hang)
    await page.locator('.asked .edit').click()
    await page.getByRole('textbox', { name: 'Edit the question' }).fill('Else?')
    fed.say(...SENTENCES.slice(2, 20))
    await answers.getByText('sentence 19').waitFor()
    await page.getByRole('textbox', { name: 'Edit the question' }).press('Enter')
    await page.locator('.answer[data-state="waiting"]').waitFor()
    const hanging = await site.upstream.call(2)
    const then = await heard()
    await page.clock.runFor(30_000)
    expect(await heard()).toBe(then)
    // Else the call would be made again when its upstream is taken away, and get the next test's answer.
    await stop.click()
    await poll(async () => hanging.closedAt !== undefined).toBe(true)
  })

  test('of an answer that goes on in another language of the chat is what is new', async () => {
    const { embedded, call, fed, ended, answers, heard } = await halfWay()
    fed.say(...SENTENCES.slice(2, 20))
    await answers.getByText('sentence 19').waitFor()
    await call((chat) => chat.setAttribute('lang', 'de'))
    await poll(() => hear(embedded)).toBe(1)
    await answers.getByText('sentence 19').waitFor()
    const before = await heard()
    // Nothing of what was there is told again, but its last sentence: only the next one shows that it was whole.
    await embedded.page.clock.runFor(30_000)
    expect(await heard()).toBe(before)
    fed.say(...SENTENCES.slice(20, 24))
    fed.end()
    await ended()
    await poll(async () => (await heard()).slice(before.length).trim()).toBe(spoken(19, 24))
    expect(
      (await embedded.told('millrace-delta')).map((detail) => (detail as { text: string }).text).join(''),
    ).toBe(SENTENCES.slice(0, 24).join(''))
  })

  test.each([
    ['told', /spoken-answer/],
    ['rendered', /view-rendering/],
  ])('of an answer that is short and %s late is still its text, and then its end', async (_, part) => {
    const embedded = await open()
    const { promise: late, resolve: come } = Promise.withResolvers<void>()
    await embedded.page.route(part, (route) => late.then(() => route.continue()))
    await embedded.page.clock.install()
    await embedded.box.focus()
    await poll(() => hear(embedded)).toBe(1)
    site.upstream.next(answer(['Yes.']))
    await embedded.ask()
    await poll(() => embedded.told('millrace-answer')).toHaveLength(1)
    come()
    await poll(async () => (await embedded.told('heard')).length).toBe(2)
    await embedded.page.clock.runFor(10_000)
    expect(await embedded.told('heard')).toEqual(['The answer has begun.', 'Yes.'])
  })
})

test('everything can be done by keyboard', async () => {
  const { page, bubble, panel, answers, ended, box } = await site.visit(
    OWN + site.script('data-launcher data-starters="One?"'),
  )
  const press = (key: string) => page.keyboard.press(key)
  await page.locator('#field').focus()
  await tabTo(page, 'Open the chat')
  await press('Enter')
  await panel.waitFor()
  await tabTo(page, 'One?')
  await press('Enter')
  await ended()
  const fed = fedAnswer('One ')
  site.upstream.next(fed.script)
  await tabTo(page, 'Your question')
  // An empty question is not sent.
  await press('Enter')
  expect(await answers.count()).toBe(1)
  await page.keyboard.type('Second?')
  await press('Shift+Enter')
  await page.keyboard.type('In two lines.')
  await press('Enter')
  await poll(() => answers.allTextContents()).toEqual(['Hello, world!', 'One '])
  await tabTo(page, 'Stop the answer')
  await press('Space')
  await page.locator('.note').last().waitFor()
  expect(await focused(page)).toBe('Your question')
  await tabTo(page, 'Good answer')
  await press('Enter')
  await page.locator('.rate-up[aria-pressed="true"]').last().waitFor()
  await tabTo(page, 'Conversation')
  await tabTo(page, 'Edit the question')
  await press('Enter')
  await page.keyboard.type(' Now')
  await press('Enter')
  await poll(() => answers.allTextContents()).toEqual(['Hello, world!'])
  await ended()
  await tabTo(page, 'Answer again')
  await press('Enter')
  await poll(async () => site.upstream.calls.length).toBe(4)
  await ended()
  await tabTo(page, 'New conversation')
  await press('Enter')
  expect(await focused(page)).toBe('Your question')
  expect(await answers.count()).toBe(0)
  await tabTo(page, 'Conversations')
  await press('Enter')
  await tabTo(page, /^One\? Now/)
  await press('Enter')
  await poll(() => answers.allTextContents()).toEqual(['Hello, world!'])
  expect(await box.evaluate((box) => box.matches(':focus'))).toBe(true)
  await tabTo(page, 'Conversations')
  await press('Enter')
  await tabTo(page, /^Delete “One\? Now”/)
  await press('Enter')
  await page.locator('.none').waitFor()
  expect(await focused(page)).toBe('Conversations')
  await press('Escape')
  await press('Escape')
  await panel.waitFor({ state: 'hidden' })
  expect(await bubble.evaluate((bubble) => bubble.matches(':focus'))).toBe(true)
})

test.each([
  ['reduce', false],
  ['no-preference', true],
] as const)('where motion is “%s”, something moves: %s', async (reducedMotion, moves) => {
  const fed = fedAnswer('One ')
  site.upstream.next(fed.script)
  const { page, bubble, panel, ask, begun } = await site.visit(OWN + site.script('data-launcher'), {
    reducedMotion,
  })
  await page.evaluate(() => {
    for (const name of ['animationstart', 'transitionrun'])
      document
        .querySelector('millrace-chat')
        ?.shadowRoot?.addEventListener(name, () => globalThis.told.push(['moved', name]))
  })
  await bubble.hover()
  await bubble.click()
  await panel.waitFor()
  await ask()
  await begun()
  const running = () =>
    page.evaluate(() => document.querySelector('millrace-chat')?.shadowRoot?.getAnimations().length ?? 0)
  expect((await running()) > 0).toBe(moves)
  expect((await page.evaluate(() => globalThis.told)).some(([name]) => name === 'moved')).toBe(moves)
})

test('in the reader’s own colours every button has an edge or a sign, and the focus is seen', async () => {
  const { page, box, ask, ended, bubble } = await open('', { forcedColors: 'active' })
  await ask()
  await ended()
  const unseen = await page.locator('button:visible').evaluateAll((buttons) =>
    buttons.flatMap((button) => {
      const { backgroundColor } = getComputedStyle(button)
      const sign = button.querySelector('svg')
      const colour = sign ? getComputedStyle(sign).stroke : getComputedStyle(button).color
      return colour === backgroundColor ? [button.ariaLabel] : []
    }),
  )
  expect(unseen).toEqual([])
  await box.focus()
  const outlineOf = (selector: string) =>
    page.locator(selector).evaluate((element) => getComputedStyle(element).outlineStyle)
  expect(await outlineOf('#composer')).toBe('solid')
  for (const [name, selector] of [
    ['Send', '#send'],
    ['Conversations', '#list'],
    ['Conversation', '#log'],
  ] as const) {
    await tabTo(page, name)
    expect(await outlineOf(selector)).toBe('solid')
  }
  expect(await bubble.evaluate((bubble) => getComputedStyle(bubble).borderTopStyle)).toBe('solid')
  expect(await axeFindings(page)).toEqual([])
})

/** What of the visible controls is cut off, covered, or out of the window once it is scrolled to. */
const unreachable = (page: Page) =>
  page.locator('millrace-chat').evaluate((chat) => {
    const root = chat.shadowRoot
    const controls = root?.querySelectorAll<HTMLElement>('button, textarea, input, a[href]') ?? []
    return Array.from(controls).flatMap((control) => {
      if (!control.checkVisibility() || control.matches(':disabled')) return []
      control.scrollIntoView({ block: 'center', behavior: 'instant' })
      const { left, right, top, bottom } = control.getBoundingClientRect()
      const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
      const hit = root?.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      return inside && hit && (control.contains(hit) || hit.contains(control))
        ? []
        : [
            `${control.ariaLabel || control.textContent}: ${[left, top, right, bottom].map(Math.round)} ${hit?.className}`,
          ]
    })
  })

test.each([
  ['200 %', 500, 350],
  ['400 %, of a window of 1280 × 1024', 320, 256],
])('at %s nothing is cut off', async (_, width, height) => {
  site.upstream.next(answer([ALL_KINDS]), failing(400))
  const { page, ask, ended, panel } = await open('data-starters="One?|Two?"', {
    viewport: { width, height },
    deviceScaleFactor: 2,
  })
  expect(await unreachable(page)).toEqual([])
  await ask()
  await ended()
  await page.locator('.text pre').waitFor()
  await ask('And then?')
  await page.locator('.trouble-card').waitFor()
  expect(await unreachable(page)).toEqual([])
  const sideways = await page
    .locator('#log')
    .evaluate((log) => [log.scrollWidth - log.clientWidth, document.documentElement.scrollWidth - innerWidth])
  expect(sideways.filter((pixels) => pixels > 0)).toEqual([])
  await page.locator('.asked .edit').first().click()
  expect(await unreachable(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.locator('#list').click()
  expect(await unreachable(page)).toEqual([])
  await page.locator('#close').click()
  await panel.waitFor({ state: 'hidden' })
  expect(await unreachable(page)).toEqual([])
})
