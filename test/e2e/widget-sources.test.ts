/** A chat that answers from the owner's documents and the web: what it shows of its tools and its sources. */
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { isModeration, verdict } from '../support/moderation-server.ts'
import { poll } from '../support/pages.ts'
import { begin, complete, type Members, named, numbered } from '../support/responses.ts'
import { end, inOrder, reset, type Script, send, wait } from '../support/script.ts'
import { begun, events } from '../support/scripts.ts'
import { numbered as words } from '../support/sse.ts'

const TOOLED = {
  TOOLS: JSON.stringify([{ type: 'web_search' }]),
  MAX_PART_TOKENS: '20000',
  VISITOR_DAILY_TOKENS: '10000000',
}
const chats = useChats(TOOLED)
const judged = useChats({ ...TOOLED, MODERATION: 'output', MODERATION_MODE: 'retract' })

const MESSAGE = { output_index: 1, content_index: 0, item_id: 'msg_1' }
const text = (delta: string): Members => ({
  type: 'response.output_text.delta',
  ...MESSAGE,
  delta,
  logprobs: [],
})
const cite = (annotation: Members): Members => ({
  type: 'response.output_text.annotation.added',
  ...MESSAGE,
  annotation_index: 0,
  annotation,
})
const tool = (item: Members, type = 'added'): Members => ({
  type: `response.output_item.${type}`,
  output_index: 0,
  item: { id: 'ws_1', status: 'in_progress', ...item },
})
const file = (filename: string, index: number) =>
  cite({ type: 'file_citation', file_id: 'file_1', filename, index })
const site = (url: string, title: string, start_index: number, end_index: number) =>
  cite({ type: 'url_citation', url, title, start_index, end_index })

const wire = (answer: readonly Members[]) => numbered(answer).map(named)
const whole = (...answer: Members[]) => events(wire(complete([...begin(), ...answer])))
/** Begins, and goes on once the test says so. */
function held(first: Members[], ...rest: Members[]): { script: Script; goOn(): void } {
  const all = wire(complete([...begin(), ...first, ...rest]))
  const count = first.length + 2
  const { promise, resolve } = Promise.withResolvers<void>()
  const script = inOrder(begun(all.slice(0, count)), () => promise, send(...all.slice(count)), end)
  return { script, goOn: resolve }
}

const CITED = [
  text('Open from nine.'),
  file('hours.md', 15),
  text(' Closed on Mondays ([mill](https://mill.test/a)).'),
  site('https://mill.test/a', 'The mill', 34, 63),
  text(' Really.'),
  file('hours.md', 72),
  site('javascript:alert(1)', 'Bad', 0, 15),
]

const list = ({ turns }: Chat) => turns.last().locator('.sources li').allTextContents()
const marks = ({ answers }: Chat) =>
  answers
    .last()
    .locator('sup')
    .evaluateAll((all) =>
      all.map((mark) => {
        const link = mark.firstElementChild
        return [link?.textContent, link?.ariaLabel, link?.getAttribute('href')]
      }),
    )

describe('sources', () => {
  const LISTED = ['hours.md', 'Bad javascript:alert(1)', 'The mill mill.test']
  const MARKED = [
    ['1', 'Source 1: hours.md', null],
    ['2', 'Source 2: Bad', null],
    ['3', 'Source 3: The mill', 'https://mill.test/a'],
    ['1', 'Source 1: hours.md', null],
  ]

  test('stand under the answer, and its marks lead to them; what is no address of the web is text', async () => {
    const chat = await chats.visit()
    chats.upstream.next(whole(...CITED))
    const asked = chat.page.waitForRequest((request) => /\/v1\/responses$/.test(request.url()))
    await chat.ask('When?')
    await chat.ended()
    // The server keeps the conversation no longer than the stream.
    expect((await asked).postDataJSON()).toMatchObject({ store: false })
    await poll(() => list(chat)).toEqual(LISTED)
    expect(await marks(chat)).toEqual(MARKED)
    expect(await chat.answers.last().textContent()).toBe('Open from nine.12 Closed on Mondays3. Really.1')
    const links = chat.turns.last().locator('.sources a[href]')
    expect(
      await links.evaluateAll((all) =>
        all.map((one) => [one.getAttribute('href'), one.getAttribute('rel'), one.getAttribute('target')]),
      ),
    ).toEqual([['https://mill.test/a', 'noopener noreferrer nofollow', '_blank']])
    await chat.answers.last().getByRole('button', { name: 'Source 1: hours.md' }).first().click()
    expect(
      await chat.page.evaluate(
        () => document.querySelector('millrace-chat')?.shadowRoot?.activeElement?.textContent,
      ),
    ).toBe('hours.md')
    expect(chats.upstream.calls.map(({ path }) => path)).toEqual(['/v1/responses'])
    expect(chats.upstream.calls[0]?.request.input).toMatchObject([{ role: 'user', content: 'When?' }])
  })

  test('are there again on the next page, and are sent along as nothing but text', async () => {
    const chat = await chats.visit()
    chats.upstream.next(whole(...CITED))
    await chat.ask('When?')
    await chat.ended()
    await chat.go('/other')
    await poll(() => list(chat)).toEqual(LISTED)
    expect(await marks(chat)).toEqual(MARKED)
    chats.upstream.next(whole(text('Yes.')))
    await chat.ask('Sure?')
    await chat.ended()
    expect(chats.upstream.calls[1]?.request.input).toMatchObject([
      { role: 'user', content: 'When?' },
      {
        role: 'assistant',
        content: 'Open from nine. Closed on Mondays ([mill](https://mill.test/a)). Really.',
      },
      { role: 'user', content: 'Sure?' },
    ])
  })

  test('come with a copy and an export, as footnotes', async () => {
    const chat = await chats.visit()
    await chat.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    chats.upstream.next(whole(...CITED))
    await chat.ask('When?')
    await chat.ended()
    await poll(() => list(chat)).toEqual(LISTED)
    const notes = (prefix: string) =>
      `[^${prefix}1]: hours.md\n[^${prefix}2]: Bad\n[^${prefix}3]: [The mill](<https://mill.test/a>)`
    const marked = (prefix: string) =>
      `Open from nine.[^${prefix}1][^${prefix}2] Closed on Mondays[^${prefix}3]. Really.[^${prefix}1]`
    expect(await chat.call((it) => it.export('markdown'))).toContain(`${marked('1-')}\n\n${notes('1-')}\n`)
    expect(JSON.parse(await chat.call((it) => it.export('json'))).turns[0].sources).toHaveLength(4)
    await chat.action('Copy the answer').click()
    await poll(() => chat.page.evaluate(() => navigator.clipboard.readText())).toBe(
      `${marked('s')}\n\n${notes('s')}`,
    )
  })

  test('are spoken after the answer', async () => {
    const chat = await chats.visit()
    await chat.page.evaluate(() => {
      const spoken: string[] = []
      Object.assign(globalThis, { spoken })
      const root = document.querySelector('millrace-chat')?.shadowRoot
      new MutationObserver((all) => {
        for (const { target, addedNodes } of all) {
          if ((target as Element).ariaLive !== 'polite') continue
          for (const node of addedNodes) spoken.push(node.textContent ?? '')
        }
      }).observe(root as ShadowRoot, { childList: true, subtree: true })
    })
    chats.upstream.next(whole(...CITED))
    await chat.ask('When?')
    await poll(() =>
      chat.page.evaluate(() => (globalThis as unknown as { spoken: string[] }).spoken.at(-1)),
    ).toBe('Sources: 1. hours.md. 2. Bad. 3. The mill, mill.test.')
  })

  test('a cut in mid-answer loses none, and repeats none', async () => {
    const chat = await chats.visit()
    const { script, goOn } = held(CITED.slice(0, 3), ...CITED.slice(3))
    chats.upstream.next(script)
    await chat.ask('When?')
    await chat.answers.getByText('Closed on Mondays').waitFor()
    await chat.go('/other')
    await chat.answers.getByText('Closed on Mondays').waitFor()
    goOn()
    await chat.ended()
    await poll(() => list(chat)).toEqual(LISTED)
    expect(await marks(chat)).toEqual(MARKED)
    expect(chats.upstream.calls).toHaveLength(1)
  })
})

describe('a tool that runs', () => {
  test.each<[string, Members[], string]>([
    ['the web', [tool({ type: 'web_search_call' })], 'Searching the web…'],
    [
      'the web, for known words',
      [
        tool({ type: 'web_search_call' }),
        tool({ type: 'web_search_call', action: { type: 'search', query: 'mill <b>hours' } }, 'done'),
      ],
      'Searching the web: mill <b>hours',
    ],
    ['documents', [tool({ type: 'file_search_call', queries: [] })], 'Looking through the documents…'],
    ['another', [tool({ type: 'mcp_call', name: 'orders', arguments: '{"secret":1}' })], 'Using a tool…'],
  ])('is told in one line until there is text: %s', async (_, running, words) => {
    const chat = await chats.visit()
    const { script, goOn } = held(running, text('Here.'))
    chats.upstream.next(script)
    await chat.ask('When?')
    const line = chat.turns.last().locator('.progress')
    await poll(() => line.textContent()).toBe(words)
    expect(await chat.turns.last().locator('.speed').isVisible()).toBe(false)
    expect(await chat.turns.last().textContent()).not.toContain('secret')
    goOn()
    await chat.ended()
    expect([await line.isVisible(), await line.textContent()]).toEqual([false, ''])
  })
})

test('what moderation takes back goes with its sources', async () => {
  const chat = await judged.visit()
  const first = words(200)
  const { script, goOn } = held(
    [...first.map(text), file('hours.md', 10)],
    text('And a bomb, in many words.'),
    file('other.md', first.join('').length + 10),
  )
  const isBad = (judgedText: string) => judgedText.includes('bomb')
  judged.upstream.when((call) => (isModeration(call) ? verdict(isBad) : script))
  await chat.ask('When?')
  await judged.upstream.until(({ calls }) =>
    calls.some((call) => isModeration(call) && JSON.stringify(call.request).includes('t150 ')),
  )
  goOn()
  await chat.ended()
  await poll(() => list(chat)).toEqual(['hours.md'])
  expect(await chat.turns.last().locator('.answer').getAttribute('data-state')).toBe('withheld')
  expect(await chat.answers.last().textContent()).not.toContain('bomb')
  expect((await marks(chat)).map(([number]) => number)).toEqual(['1'])
})

test('a connection that breaks is taken up again', async () => {
  const chat = await chats.visit()
  chats.upstream.next(inOrder(begun(wire(complete([...begin(), ...CITED])).slice(0, 4)), wait(50), reset))
  await chat.ask('When?')
  await chat.ended()
  // The upstream's break is the answer's end: what came stays, and it can be asked again.
  await chat.trouble.waitFor()
  expect(await chat.answers.last().textContent()).toContain('Open from nine.')
  chats.upstream.next(whole(text('Whole.')))
  await chat.retry.click()
  await poll(() => chat.answers.last().textContent()).toBe('Whole.')
  expect(await list(chat)).toEqual([])
})
