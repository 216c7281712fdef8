/** `<millrace-chat>` as docs/WIDGET.md promises it to the pages that embed it: attributes, methods, events. */
import type { Page, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { PINNED } from '../support/delivered.ts'
import { type Embedded, OWN, useEmbedding } from '../support/embedding.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { poll } from '../support/pages.ts'
import { answer, failing } from '../support/scripts.ts'

const site = useEmbedding()
const chatTag = (attributes = '') => `<millrace-chat ${attributes}></millrace-chat>${site.script()}`

/** The questions and models that the upstream was asked. */
const asked = () =>
  site.upstream.calls.map(({ request }) => ({
    model: request.model,
    question: (request.messages as { content: string }[]).at(-1)?.content,
  }))

describe('a script tag', () => {
  test('makes a launcher, in which a visitor asks with a session', async () => {
    const { bubble, panel, page, ask, ended, answers, box } = await site.visit(
      OWN + site.script('data-launcher'),
    )
    expect(await page.evaluate(() => document.querySelector('millrace-chat')?.parentElement?.tagName)).toBe(
      'HTML',
    )
    expect(await panel.isVisible()).toBe(false)
    const { x = 0, y = 0, width = 0, height = 0 } = (await bubble.boundingBox()) ?? {}
    expect([1000 - x - width, 700 - y - height]).toEqual([20, 20])
    await bubble.click()
    expect(await box.evaluate((box) => box.matches(':focus'))).toBe(true)
    await ask()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    const asking = () => site.logs.filter(({ route, method }) => route === '/v1/streams' && method === 'POST')
    await expect.poll(asking).toMatchObject([{ caller: expect.stringMatching(/^visitor:/) }])
  })

  test('hands each of its data- attributes to the element', async () => {
    const { chat, page, panel, box, answers, ended } = await site.visit(
      site.script(`data-launcher data-model="gpt-other" data-heading="The librarian" data-greeting="Come in."
        data-placeholder="Which book?" data-starters="What is new? | What is old?" data-theme="dark" data-lang="de"
        data-position="bottom-left" data-open data-storage="none" data-speed data-math data-avatar data-image-origins="https://a.test"
        data-strings='{"send":"Los"}' data-endpoint="${site.url}/"`),
    )
    const names = await chat.evaluate((chat) => chat.getAttributeNames())
    expect(names.toSorted()).toEqual(
      'avatar endpoint greeting heading image-origins lang launcher math model open placeholder position speed starters storage strings theme'.split(
        ' ',
      ),
    )
    expect((await panel.boundingBox())?.x).toBe(20)
    expect(await page.locator('#heading').textContent()).toBe('The librarian')
    expect(await page.locator('.greeting').textContent()).toBe('Come in.')
    expect(await box.getAttribute('placeholder')).toBe('Which book?')
    expect(await panel.evaluate((panel) => getComputedStyle(panel).colorScheme)).toBe('dark')
    expect(await page.locator('#send').getAttribute('aria-label')).toBe('Los')
    await page.getByRole('button', { name: 'What is old?' }).click()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    expect(asked()).toEqual([{ model: 'gpt-other', question: 'What is old?' }])
    expect(await page.locator('.speed').textContent()).toMatch(/^Erstes Token nach \d,\d\d s/)
    expect(
      await page.evaluate(() => Object.keys(sessionStorage).length + Object.keys(localStorage).length),
    ).toBe(0)
  })

  test('with `false` makes none', async () => {
    const { page, chat } = await site.visit(
      `${OWN}<millrace-chat></millrace-chat>${site.script('data-launcher="false"')}`,
    )
    await page.waitForLoadState('networkidle')
    expect(await chat.count()).toBe(1)
  })

  test('makes one launcher, however often it stands there', async () => {
    const { chat, ask, ended, bubble, answers } = await site.visit(
      site.script('data-launcher') + site.script('data-launcher') + site.script(),
    )
    expect(await chat.count()).toBe(1)
    await bubble.click()
    await ask()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
  })

  test('of another version beside it makes nothing anew', async () => {
    const pinned = `<script type="module" src="${site.url}${PINNED}" data-launcher></script>`
    const { page, chat, call } = await site.visit(pinned + site.script('data-launcher'))
    await page.waitForLoadState('networkidle')
    expect(await chat.count()).toBe(1)
    expect(await call((chat) => chat.constructor === customElements.get('millrace-chat'))).toBe(true)
  })
})

describe('a launcher', () => {
  test('is open or closed as its property says, set before the script came and after it', async () => {
    const { page, panel, call } = await site.visit(OWN)
    await page.evaluate(() => {
      const chat = document.createElement('millrace-chat')
      chat.setAttribute('launcher', '')
      chat.open = true
      document.body.append(chat)
    })
    await page.evaluate(`import('${site.url}/widget.js')`)
    await panel.waitFor()
    const shown: unknown[] = []
    for (const open of [false, true, undefined, '', 'false', 'true', null]) {
      await page.evaluate((open) => {
        const chat = document.querySelector('millrace-chat')
        if (chat) chat.open = open
      }, open)
      if (await panel.isVisible()) shown.push(open)
    }
    expect(shown).toEqual([true, '', 'true'])
    await call((chat) => chat.show())
    await panel.waitFor()
  })

  test('is not there while the page hides it', async () => {
    const { call, bubble } = await site.visit(OWN + site.script('data-launcher'))
    await call((chat) => chat.toggleAttribute('hidden'))
    expect(await bubble.isVisible()).toBe(false)
    await call((chat) => chat.toggleAttribute('hidden'))
    expect(await bubble.isVisible()).toBe(true)
  })
})

test('a page’s own elements stand where the slots are, and can be used there', async () => {
  const { page, panel, bubble, box } = await site.visit(
    `${OWN}<millrace-chat launcher heading="The miller">
      <b slot="heading">Our miller</b><button slot="tools" id="theirs">Help</button>
      <p slot="notice">Machines err.</p><p slot="welcome">Come in.</p></millrace-chat>${site.script()}`,
    { css: '#theirs { color: rgb(1, 2, 3) }' },
  )
  await bubble.click()
  await page.getByRole('dialog', { name: 'The miller' }).waitFor()
  for (const text of ['Our miller', 'Machines err.', 'Come in.']) {
    expect([text, await page.getByText(text, { exact: true }).isVisible()]).toEqual([text, true])
  }
  for (const text of ['The miller', 'Ask, and watch the answer arrive.']) {
    expect([text, await panel.getByText(text, { exact: true }).isVisible()]).toEqual([text, false])
  }
  const theirs = page.locator('#theirs')
  expect(await theirs.evaluate((button) => getComputedStyle(button).color)).toBe('rgb(1, 2, 3)')
  await box.focus()
  const isFocused = () => theirs.evaluate((button) => button.matches(':focus'))
  for (let stop = 0; stop < 10 && !(await isFocused()); stop++) await page.keyboard.press('Tab')
  expect(await isFocused()).toBe(true)
})

test('the theme `auto` is the reader’s system’s, whatever the page’s', async () => {
  const { page, panel } = await site.visit(OWN + chatTag(), {
    css: ':root { color-scheme: light }',
    colorScheme: 'dark',
  })
  const paper = () => panel.evaluate((panel) => getComputedStyle(panel).backgroundColor)
  expect(await paper()).toBe('rgb(13, 22, 24)')
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await paper()).toBe('rgb(246, 248, 246)')
})

describe('where it stands', () => {
  test.each([
    ['millrace-chat { width: 444px; height: 555px }', { width: 444, height: 555 }],
    [
      'main { display: flex; width: 800px; height: 333px } millrace-chat { flex: 1 }',
      { width: 800, height: 333 },
    ],
    ['main { height: 456px }', { width: 968, height: 456 }],
    [
      'main { display: grid; grid-template: 50px 300px / 700px; } main::before { content: "" }',
      { width: 700, height: 300 },
    ],
    ['', { width: 968, height: 512 }],
    [
      '* { all: unset !important } head, head *, script { display: none !important }',
      { width: 1000, height: 512 },
    ],
  ])('inline it is as large as the page says, or its box: %s', async (css, size) => {
    site.upstream.next(answer(['A line.\n\n'.repeat(50)]))
    const { panel, ask, ended } = await site.visit(`<main>${chatTag()}</main>`, {
      css: `body { margin: 0 16px } ${css}`,
    })
    expect(await panel.boundingBox()).toMatchObject(size)
    await ask()
    await ended()
    expect(await panel.boundingBox()).toMatchObject(size)
  })

  test('as a page it fills the window', async () => {
    const { panel } = await site.visit(OWN + chatTag('position="page"'))
    expect(await panel.boundingBox()).toEqual({ x: 0, y: 0, width: 1000, height: 700 })
  })

  test('an element with `launcher` is a bubble, on the left where the language is written from the right', async () => {
    const { bubble, page } = await site.visit(OWN + chatTag('launcher lang="ar"'))
    await bubble.waitFor()
    expect((await bubble.boundingBox())?.x).toBe(20)
    expect(await page.locator('.root').getAttribute('dir')).toBe('rtl')
  })
})

describe('attributes that change', () => {
  test('change the looks at once, and the next question', async () => {
    const { chat, page, box, panel, bubble, ask, ended, call } = await site.visit(OWN + chatTag())
    const set = (...change: [name: string, value: string]) =>
      chat.evaluate((chat, change) => chat.setAttribute(...change), change)
    await set('heading', 'The miller')
    await set('greeting', 'Come in.')
    await set('placeholder', 'What?')
    await set('starters', 'One?|Two?')
    await set('theme', 'dark')
    expect(await page.locator('#heading').textContent()).toBe('The miller')
    expect(await page.locator('.greeting').textContent()).toBe('Come in.')
    expect(await box.getAttribute('placeholder')).toBe('What?')
    expect(await page.locator('#starters button').allTextContents()).toEqual(['One?', 'Two?'])
    expect(await panel.evaluate((panel) => getComputedStyle(panel).backgroundColor)).toBe('rgb(13, 22, 24)')
    await set('theme', 'light')
    expect(await panel.evaluate((panel) => getComputedStyle(panel).backgroundColor)).toBe(
      'rgb(246, 248, 246)',
    )
    await ask('First')
    await ended()
    await set('model', 'gpt-other')
    await ask('Second')
    await poll(async () => asked().length).toBe(2)
    await ended()
    expect(asked()).toEqual([
      { model: 'gpt-test', question: 'First' },
      { model: 'gpt-other', question: 'Second' },
    ])
    await set('position', 'page')
    expect(await panel.boundingBox()).toEqual({ x: 0, y: 0, width: 1000, height: 700 })
    await set('position', 'bottom-right')
    await bubble.waitFor()
    expect(await panel.isVisible()).toBe(false)
    await set('open', '')
    await panel.waitFor()
    await call((chat) => chat.removeAttribute('open'))
    await panel.waitFor({ state: 'hidden' })
    await call((chat) => chat.removeAttribute('position'))
    await panel.waitFor()
    expect(await bubble.count()).toBe(0)
    expect(await chat.locator('.question').allTextContents()).toEqual(['First', 'Second'])
  })

  test('set to what they were, change nothing', async () => {
    const { box, call } = await site.visit(OWN + chatTag('lang="de" storage="local"'))
    const made = await box.elementHandle()
    await box.focus()
    await call(async (chat) => {
      for (const name of chat.getAttributeNames()) chat.setAttribute(name, chat.getAttribute(name) ?? '')
      await new Promise(requestAnimationFrame)
    })
    expect(await made?.evaluate((box) => box.matches(':focus'))).toBe(true)
  })
})

describe('properties', () => {
  test.each([
    ['endpoint', 'https://a.example', 'endpoint', 'https://a.example'],
    ['model', 'gpt-other', 'model', 'gpt-other'],
    ['heading', 'The miller', 'heading', 'The miller'],
    ['greeting', 'Come in.', 'greeting', 'Come in.'],
    ['placeholder', 'What?', 'placeholder', 'What?'],
    ['starters', 'One?|Two?', 'starters', 'One?|Two?'],
    ['theme', 'dark', 'theme', 'dark'],
    ['position', 'page', 'position', 'page'],
    ['storage', 'local', 'storage', 'local'],
    ['imageOrigins', 'https://a.example', 'image-origins', 'https://a.example'],
    ['launcher', true, 'launcher', ''],
    ['speed', true, 'speed', ''],
    ['math', true, 'math', ''],
    ['open', true, 'open', ''],
  ] as const)(
    '%s is its attribute, set before the element is defined or after it',
    async (property, value, attribute, written) => {
      const { page, chat } = await site.visit(OWN)
      const read = () =>
        chat.evaluate(
          (chat, { property, attribute }) => [
            (chat as HTMLElementTagNameMap['millrace-chat'])[property],
            chat.getAttribute(attribute),
          ],
          {
            property,
            attribute,
          },
        )
      const set = (value: unknown) =>
        chat.evaluate(
          (chat, [property, value]) => Object.assign(chat, { [String(property)]: value }) && undefined,
          [property, value],
        )
      await page.evaluate(() => document.body.append(document.createElement('millrace-chat')))
      await set(value)
      // As text: the test runner would rewrite an `import()` in a function.
      await page.evaluate(`import('${site.url}/widget.js').then(() => {})`)
      expect(await read()).toEqual([value, written])
      await set(null)
      expect(await read()).toEqual([typeof value === 'boolean' ? false : '', null])
      await set(value)
      expect(await read()).toEqual([value, written])
    },
  )

  test('`open` says whether the panel is open, whoever opened it', async () => {
    const { bubble, page, call } = await site.visit(site.script('data-launcher'))
    const open = () => call((chat) => chat.open)
    await bubble.click()
    expect(await open()).toBe(true)
    await page.locator('#close').click()
    expect(await open()).toBe(false)
    await call((chat) => chat.show())
    expect(await open()).toBe(true)
    await call((chat) => chat.close())
    expect(await open()).toBe(false)
  })
})

describe('methods', () => {
  test('called before the element is ready are done when it is', async () => {
    const { page, answers, ended, panel, told } = await site.visit(OWN + site.script())
    await page.evaluate(async () => {
      await customElements.whenDefined('millrace-chat')
      const chat = document.createElement('millrace-chat')
      chat.setAttribute('launcher', '')
      chat.lang = 'es'
      chat.ask(' Why? ')
      chat.show()
      document.body.append(chat)
    })
    await panel.waitFor()
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    expect(asked()).toEqual([{ model: 'gpt-test', question: 'Why?' }])
    expect(await told('millrace-ready')).toEqual([null])
  })

  test('what is asked twice before the element is ready is asked once, and the other is in the box', async () => {
    const { page, answers, box, ended } = await site.visit(OWN + site.script())
    await page.evaluate(async () => {
      await customElements.whenDefined('millrace-chat')
      const chat = document.createElement('millrace-chat')
      for (const question of ['Why?', 'And then?']) chat.ask(question)
      document.body.append(chat)
    })
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    expect(asked()).toEqual([{ model: 'gpt-test', question: 'Why?' }])
    expect(await box.inputValue()).toBe('And then?')
  })

  test('what is asked at once after a reload is in the box where an answer goes on', async () => {
    const fed = fedAnswer('One ')
    site.upstream.next(fed.script)
    const { page, box, answers, ask, begun, ended } = await site.visit(OWN + chatTag())
    await ask('How many?')
    await begun()
    await page.addInitScript(() =>
      document.addEventListener('millrace-ready', ({ target }) =>
        globalThis.told.push(['asked', (target as HTMLElementTagNameMap['millrace-chat']).ask('And then?')]),
      ),
    )
    await page.reload()
    await begun()
    await poll(() => box.inputValue()).toBe('And then?')
    fed.say('two.')
    fed.end()
    await ended()
    expect(await answers.allTextContents()).toEqual(['One two.'])
    expect(asked()).toEqual([{ model: 'gpt-test', question: 'How many?' }])
    await box.press('Enter')
    await poll(async () => asked().at(-1)?.question).toBe('And then?')
  })

  test('show, hide, ask, stop, clear and export', async () => {
    const fed = fedAnswer('One ')
    site.upstream.next(answer(['A **ditch** ', 'to a mill.']), fed.script)
    const { page, panel, call, ended, answers, told, stop } = await site.visit(
      site.script('data-launcher data-position="bottom-left"'),
    )
    expect(await call((chat) => chat.export())).toBe('')
    await call((chat) => chat.show())
    await panel.waitFor()
    expect(await call((chat) => chat.hasAttribute('open'))).toBe(true)
    await call((chat) => chat.show())
    await call((chat) => chat.hide())
    await panel.waitFor({ state: 'hidden' })
    expect(await told('millrace-open')).toHaveLength(1)
    expect(await told('millrace-close')).toHaveLength(1)
    await call((chat) => chat.show())
    expect(await call((chat) => chat.ask(' '))).toBe(false)
    await call((chat) => chat.ask('What is a millrace?'))
    await ended()
    expect(await call((chat) => chat.export('markdown'))).toContain('A **ditch** to a mill.')
    expect(await call((chat) => chat.export())).toContain('What is a millrace?')
    const data = JSON.parse(await call((chat) => chat.export('json')))
    expect(JSON.stringify(data)).toContain('A **ditch** to a mill.')
    expect(await call((chat) => chat.ask('How long?'))).toBe(true)
    await page.locator('.answer[data-state="flowing"]').waitFor()
    await poll(async () => (await answers.allTextContents()).at(-1)).toContain('One')
    expect(await call((chat) => chat.ask('Another?'))).toBe(false)
    await call((chat) => chat.stop())
    await stop.waitFor({ state: 'hidden' })
    expect(await page.locator('.note').last().textContent()).toBe('You stopped this answer.')
    expect(asked().map(({ question }) => question)).toEqual(['What is a millrace?', 'How long?'])
    await call((chat) => chat.clear())
    expect(await answers.count()).toBe(0)
    expect(await call((chat) => chat.export('json'))).not.toContain('ditch')
    await page.locator('#list').click()
    await poll(() => page.locator('.conversation-list .title').allTextContents()).toEqual([
      'What is a millrace?',
    ])
  })
})

describe('events', () => {
  test('tell of a question and its answer', async () => {
    const { page, ask, ended } = await site.visit(OWN + chatTag())
    await ask('Why?')
    await ended()
    const told = await page.evaluate(() => globalThis.told)
    const conversation = expect.stringMatching(/^[0-9a-f]{32}$/)
    expect(told.filter(([name]) => name !== 'millrace-delta')).toEqual([
      ['millrace-ready', null],
      ['millrace-ask', { conversation, question: 'Why?' }],
      [
        'millrace-answer',
        {
          conversation,
          question: 'Why?',
          answer: 'Hello, world!',
          end: 'done',
          firstTokenMs: expect.any(Number),
          tokensPerSecond: expect.toSatisfy((rate) => rate === null || rate > 0),
          tokens: 12,
        },
      ],
    ])
    const deltas = told.filter(([name]) => name === 'millrace-delta').map(([, detail]) => detail)
    expect(deltas).toEqual(deltas.map(() => ({ conversation, text: expect.any(String) })))
    expect(deltas.map((detail) => (detail as { text: string }).text).join('')).toBe('Hello, world!')
  })

  test('tell of a failure', async () => {
    site.upstream.next(failing(400, { message: 'No such thing.', code: 'odd' }))
    const { ask, ended, told } = await site.visit(OWN + chatTag())
    await ask('Why?')
    await ended()
    expect(await told('millrace-answer')).toEqual([])
    expect(await told('millrace-error')).toEqual([
      {
        conversation: expect.stringMatching(/^[0-9a-f]{32}$/),
        question: 'Why?',
        answer: '',
        code: 'odd',
        status: 400,
        // A visitor reads the upstream's code, in words of the Worker's.
        message: 'The upstream rejected the request.',
        requestId: expect.any(String),
      },
    ])
  })

  test('bubble and cross Shadow DOM; only a question can be prevented', async () => {
    const { page, told } = await site.visit(OWN + site.script())
    await page.evaluate(async () => {
      await customElements.whenDefined('millrace-chat')
      const names = ['ready', 'open', 'close', 'ask', 'delta', 'answer']
      const host = document.createElement('div')
      const chat = document.createElement('millrace-chat')
      chat.setAttribute('launcher', '')
      for (const name of names) {
        addEventListener(`millrace-${name}`, (event) =>
          globalThis.told.push([
            'at the window',
            [
              name,
              event.bubbles,
              event.composed,
              event.cancelable,
              event.target === host,
              event.composedPath()[0] === chat,
            ],
          ]),
        )
      }
      host.attachShadow({ mode: 'open' }).append(chat)
      document.body.append(host)
      chat.show()
      chat.ask('Why?')
    })
    await poll(() => told('millrace-answer')).toHaveLength(1)
    await page.evaluate(() =>
      document.querySelector('body > div')?.shadowRoot?.querySelector('millrace-chat')?.hide(),
    )
    const seen = (await told('at the window')) as unknown[][]
    expect([...new Map(seen.map((one) => [one[0], one])).values()]).toEqual(
      [
        ['ready', true, true, false, true, true],
        ['open', true, true, false, true, true],
        ['ask', true, true, true, true, true],
        ['delta', true, true, false, true, true],
        ['answer', true, true, false, true, true],
        ['close', true, true, false, true, true],
      ].toSorted((one, other) => order(seen, one[0]) - order(seen, other[0])),
    )
  })

  test('a question that the page prevents is not sent, and stays in the box', async () => {
    const { page, box, ask, answers, ended } = await site.visit(OWN + chatTag())
    await page.evaluate(() =>
      document.addEventListener('millrace-ask', (event) => {
        if (event.detail.question.includes('secret')) event.preventDefault()
      }),
    )
    await ask('My secret?')
    await poll(() => page.evaluate(() => globalThis.told.map(([name]) => name))).toContain('millrace-ask')
    expect(await box.inputValue()).toBe('My secret?')
    expect(await answers.count()).toBe(0)
    await ask('Why?')
    await ended()
    expect(asked()).toEqual([{ model: 'gpt-test', question: 'Why?' }])
  })

  test('so is the same question once more, and what stands there stays until it is asked', async () => {
    const { page, call, ask, ended, answers, told } = await site.visit(OWN + chatTag())
    const prevent = () =>
      call((chat) => chat.addEventListener('millrace-ask', (event) => event.preventDefault(), { once: true }))
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    const questions = async () =>
      (await told('millrace-ask')).map((detail) => (detail as { question: string }).question)
    site.upstream.next(failing(400, { code: 'odd' }))
    await ask('Why?')
    for (const [name, kept] of [
      ['Try again', page.locator('.trouble-card')],
      ['Answer again', answers.getByText('Hello, world!')],
    ] as const) {
      await kept.waitFor()
      await ended()
      const [before, told] = [asked().length, (await questions()).length]
      await prevent()
      await press(name)
      await poll(questions).toHaveLength(told + 1)
      expect([await kept.isVisible(), asked().length]).toEqual([true, before])
      await press(name)
      await ended()
      expect(asked()).toHaveLength(before + 1)
    }
    expect(await questions()).toEqual(Array(5).fill('Why?'))
  })
})

const order = (seen: unknown[][], name: unknown) => seen.findIndex(([one]) => one === name)

describe('words of the host’s own', () => {
  test('as an attribute, and as a property before and after the element is defined', async () => {
    const { page, send } = await site.visit(OWN + chatTag(`strings='{"send":"Go","stop":"Enough"}'`))
    expect(await send.getAttribute('aria-label')).toBe('Go')
    await page.evaluate(() => {
      const chat = document.querySelector('millrace-chat')
      if (chat) chat.strings = { send: 'Off', chat: 'The miller' }
    })
    await poll(() => send.getAttribute('aria-label')).toBe('Off')
    expect(await page.locator('#heading').textContent()).toBe('The miller')
    expect(await page.locator('#stop').getAttribute('aria-label')).toBe('Enough')
    await page.evaluate(() => document.querySelector('millrace-chat')?.removeAttribute('strings'))
    await poll(() => page.locator('#stop').getAttribute('aria-label')).toBe('Stop the answer')
  })

  test('a property that was set before the script came', async () => {
    const { page, send } = await site.visit(OWN)
    await page.evaluate(() => {
      const chat = document.createElement('millrace-chat')
      chat.strings = { send: 'Off' }
      document.body.append(chat)
    })
    await page.evaluate(`import('${site.url}/widget.js')`)
    await poll(() => send.getAttribute('aria-label')).toBe('Off')
  })

  test.each(['before', 'after'])(
    'a wrong property, set %s the script came, is reported too',
    async (when) => {
      const { page, send } = await site.visit(when === 'after' ? OWN + site.script() : OWN, {
        expected: /strings\.snd is not a text/,
      })
      const logged = page.waitForEvent('console', (message) => message.text().includes('strings.snd'))
      await page.evaluate(() => {
        const chat = document.createElement('millrace-chat')
        Object.assign(chat, { strings: { snd: 'Go' } })
        document.body.append(chat)
      })
      if (when === 'before') await page.evaluate(`import('${site.url}/widget.js')`)
      await poll(() => send.getAttribute('aria-label')).toBe('Send')
      expect((await logged).text()).toContain('strings.snd is not a text')
    },
  )

  test.each([
    ['{"send":', /must be JSON/],
    ['{"snd":"Go"}', /strings\.snd is not a text/],
  ])('%s is reported, and the widget has its own', async (strings, expected) => {
    const logged: string[] = []
    const { page, send } = await site.visit(OWN + site.script(), { expected })
    page.on('console', (message) => logged.push(message.text()))
    await page.evaluate((strings) => {
      const chat = document.createElement('millrace-chat')
      chat.setAttribute('strings', strings)
      document.body.append(chat)
    }, strings)
    await poll(() => send.getAttribute('aria-label')).toBe('Send')
    // Whether the widget has such a text is known from a part that is loaded while it is shown.
    await poll(async () => logged.join()).toMatch(expected)
  })
})

describe('what a conversation needs, and can’t be had', () => {
  const told = ({ page }: Embedded) => page.getByRole('alert').locator('p').textContent()

  test.each<[string, (route: Route) => Promise<void>]>([
    ['a connection', (route) => route.abort()],
    ['a server', (route) => route.fulfill({ status: 502 })],
  ])('for want of %s: the reader is told so, and tries again', async (_, answerless) => {
    const embedded = await site.visit(OWN + chatTag(), { expected: /ERR_FAILED|502|could not be loaded/ })
    const { page, box, ask, answers, ended } = embedded
    await page.route(`${site.url}/**`, answerless)
    await ask('Why?')
    expect(await told(embedded)).toBe(
      'This chat could not be reached. Check your connection, then try again.',
    )
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await box.press('Enter')
    await ended()
    expect(await answers.allTextContents()).toEqual(['Hello, world!'])
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test.each<[string, (page: Page) => Promise<unknown>, RegExp]>([
    [
      'the widget that is deployed does not fit',
      async (page) => {
        await page.route('**/assets/parts/widget-talk-*', (route) => route.fulfill({ status: 404 }))
        await page.route('**/widget-chunks.json', (route) => route.fulfill({ json: { contract: 0 } }))
      },
      /A newer widget has been deployed: load the page again/,
    ],
    [
      'the page gave a visitor that is none',
      (page) =>
        page.evaluate(() => Object.assign(document.querySelector('millrace-chat') ?? {}, { visitor: {} })),
      /TypeError/,
    ],
  ])('%s: the reader is told what helps, whoever wrote the page what it is', async (_, spoil, reason) => {
    const embedded = await site.visit(OWN + chatTag(), { expected: /404|could not be loaded|TypeError/ })
    const { page, box, ask } = embedded
    const logged: (string | Promise<string>)[] = []
    page.on('console', (message) =>
      logged.push(message.args()[0]?.evaluate((error) => `${error} ${error.cause}`) ?? message.text()),
    )
    await spoil(page)
    await ask('Why?')
    expect(await told(embedded)).toBe('Something went wrong on this page. Reload it, then try again.')
    expect(await box.inputValue()).toBe('Why?')
    await poll(async () => (await Promise.all(logged)).join()).toMatch(reason)
  })
})

describe('two chats on a page', () => {
  test.each(['session', 'none'])('have each its own answer, with storage %s', async (storage) => {
    const [one, other] = [fedAnswer('One '), fedAnswer('Another ')]
    const { chat, told } = await site.visit(
      `<millrace-chat storage="${storage}"></millrace-chat><millrace-chat storage="${storage}"></millrace-chat>${site.script()}`,
    )
    await chat.nth(1).locator('.root').waitFor()
    // Each has its conversation from when it is first used.
    for (const index of [0, 1]) {
      await chat.nth(index).locator('#question').focus()
      await chat.nth(index).locator('[aria-live]').waitFor({ state: 'attached' })
    }
    site.upstream.when(({ request }) =>
      JSON.stringify(request.messages).includes('First?') ? one.script : other.script,
    )
    await chat.nth(0).locator('#question').fill('First?')
    await chat.nth(0).locator('#question').press('Enter')
    await poll(() => chat.nth(0).locator('.text').allTextContents()).toEqual(['One '])
    await chat.nth(1).locator('#question').fill('Second?')
    await chat.nth(1).locator('#question').press('Enter')
    await poll(async () => (await chat.nth(1).locator('.text').allTextContents()).at(-1)).toEqual('Another ')
    for (const [fed, rest] of [
      [other, 'race.'],
      [one, 'mill.'],
    ] as const) {
      fed.say(rest)
      fed.end()
    }
    await poll(() => told('millrace-answer')).toHaveLength(2)
    expect(await chat.nth(0).locator('.text').allTextContents()).toEqual(['One mill.'])
    expect((await chat.nth(1).locator('.text').allTextContents()).at(-1)).toEqual('Another race.')
    expect((await told('millrace-answer')).map((detail) => (detail as { answer: string }).answer)).toEqual(
      expect.arrayContaining(['One mill.', 'Another race.']),
    )
  })
})

describe('in a page that changes under it', () => {
  test.each(['session', 'none'])(
    'the answer goes on when the element is taken out and put in again, with storage %s',
    async (storage) => {
      const fed = fedAnswer('One ')
      site.upstream.next(fed.script)
      const { page, box, answers, ask, begun, ended, told } = await site.visit(
        OWN + chatTag(`storage="${storage}"`),
      )
      await ask('How many?')
      await begun()
      await box.fill('A draft')
      await page.evaluate(async () => {
        const chat = document.querySelector('millrace-chat')
        if (!chat) return
        chat.remove()
        await new Promise(requestAnimationFrame)
        document.querySelector('main')?.append(chat)
      })
      await begun()
      expect(await box.inputValue()).toBe('A draft')
      fed.say('two.')
      fed.end()
      await poll(() => answers.allTextContents()).toEqual(['One two.'])
      await ended()
      expect(asked()).toHaveLength(1)
      const answersTold = (await told('millrace-answer')) as { answer: string }[]
      expect(answersTold.map(({ answer }) => answer)).toEqual(['One two.'])
    },
  )

  test('a question is asked once, however soon the element is changed or moved after it', async () => {
    const { page, answers, ended } = await site.visit(OWN + chatTag())
    await page.evaluate(async () => {
      const chat = document.querySelector('millrace-chat')
      chat?.ask('Why?')
      chat?.setAttribute('lang', 'de')
      await new Promise((resolve) => setTimeout(resolve, 1))
      chat?.remove()
      await new Promise(requestAnimationFrame)
      document.body.append(chat as Node)
    })
    await ended()
    await poll(() => answers.allTextContents()).toEqual(['Hello, world!'])
    expect(asked()).toEqual([{ model: 'gpt-test', question: 'Why?' }])
  })

  test('a launcher and its answer stay when the body is replaced', async () => {
    const fed = fedAnswer('One ')
    site.upstream.next(fed.script)
    const { page, chat, panel, bubble, answers, ask, begun, ended } = await site.visit(
      OWN + site.script('data-launcher'),
    )
    await bubble.click()
    await ask('How many?')
    await begun()
    // As Turbo goes to another page.
    await page.evaluate(() => {
      const body = document.createElement('body')
      body.append('The next page')
      history.pushState(null, '', '/next')
      document.body.replaceWith(body)
    })
    await panel.waitFor()
    fed.say('two.')
    fed.end()
    await poll(() => answers.allTextContents()).toEqual(['One two.'])
    await ended()
    expect(await chat.count()).toBe(1)
    await ask('And now?')
    await poll(() => answers.allTextContents()).toEqual(['One two.', 'Hello, world!'])
  })
})
