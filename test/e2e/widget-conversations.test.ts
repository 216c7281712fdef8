/** Several conversations: kept, listed, gone on with on the next page and in the next tab, and taken along. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Locator } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { en } from '../../client/widget/strings/en.ts'
import type { ExportedConversation } from '../../client/widget/talk/export-conversation.ts'
import { type Chat, useChats } from '../support/chats.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { hear, poll } from '../support/pages.ts'
import { hang, type Script } from '../support/script.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

const KEY = 'mr_mine'
const chats = useChats()
const keyed = useChats({
  SESSION_SECRET: '',
  ACCESS_KEYS: `reader:${createHash('sha256').update(KEY).digest('hex')}`,
})

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

const texts = ({ answers }: Chat) => answers.allTextContents()
const rows = ({ page }: Chat) => page.locator('.conversation-list li')
const remove = (chat: Chat, title: string) =>
  chat.page.getByRole('button', { name: `Delete “${title}”` }).click()

/** Asks, and waits for the answer: the question's own words in capitals. */
async function talk(chat: Chat, ...questions: string[]): Promise<void> {
  for (const question of questions) {
    chats.upstream.next(answer([question.toUpperCase()]))
    await chat.ask(question)
    await chat.ended()
    await poll(async () => (await texts(chat)).at(-1)).toBe(question.toUpperCase())
  }
}

/** Asks, and waits until `Half` of the answer is there. */
async function halfWay(chat: Chat, question: string) {
  const fed = fedAnswer('Half')
  chats.upstream.next(fed.script)
  await chat.ask(question)
  await chat.answers.last().getByText('Half').waitFor()
  return fed
}

const NARROW = { viewport: { width: 480, height: 720 } }
const row = (chat: Chat, title: string) => rows(chat).filter({ hasText: title })
const isFocused = (locator: Locator) => locator.evaluate((element) => element.matches(':focus'))

async function rename(chat: Chat, title: string, name: string, key = 'Enter'): Promise<void> {
  await row(chat, title).hover()
  await chat.page.getByRole('button', { name: `Rename “${title}”` }).click()
  const field = chat.page.getByRole('textbox', { name: `Rename “${title}”` })
  expect([await isFocused(field), await field.inputValue()]).toEqual([true, title])
  await field.fill(name)
  await field.press(key)
}

describe('the list', () => {
  test('names its days, in the language of the visitor', async () => {
    const chat = await chats.visit('lang="de"')
    for (const title of ['one', 'two', 'three']) {
      await talk(chat, title)
      await chat.begin()
    }
    await chat.page.evaluate(() => {
      const days = { one: 400, two: 1 }
      for (const [name, record] of Object.entries({ ...sessionStorage })) {
        for (const [title, ago] of Object.entries(days)) {
          if (!record.includes(`"title":"${title}"`)) continue
          const date = new Date()
          date.setDate(date.getDate() - ago)
          sessionStorage.setItem(name, record.replace(/"updatedAt":\d+/, `"updatedAt":${date.getTime()}`))
        }
      }
    })
    await chat.page.reload()
    await chat.toggleList()
    const lists = chat.page.getByRole('list').filter({ has: chat.page.locator('.title') })
    expect(await chat.page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Heute',
      'Gestern',
      expect.stringMatching(/^(Mon|Diens|Mitt|Donners|Frei|Sams|Sonn)\w*, \d+\. \S+ \d{4}$/),
    ])
    expect(
      await chat.page.getByRole('list', { name: 'Gestern' }).getByRole('button').first().textContent(),
    ).toMatch(/^two\d?\d:\d\d$/)
    expect(await lists.count()).toBe(3)
  })

  test('renames by hand: for the next page, the export and the other tab, whatever is said meanwhile', async () => {
    const chat = await chats.visit('storage="local"')
    await talk(chat, 'one')
    await chat.begin()
    await talk(chat, 'two')
    const other = await chat.tab()
    await poll(() => texts(other)).toEqual(['TWO'])
    await other.toggleList()
    await chat.toggleList()
    await rename(chat, 'two', 'Mühlen')
    expect(await chat.titles()).toEqual(['Mühlen', 'one'])
    expect(await isFocused(chat.page.getByRole('button', { name: 'Rename “Mühlen”' }))).toBe(true)
    await poll(() => other.titles()).toEqual(['Mühlen', 'one'])
    // Escape discards what was written, and only that; leaving the field keeps it.
    await rename(chat, 'one', 'never', 'Escape')
    expect(await chat.titles()).toEqual(['Mühlen', 'one'])
    expect(await chat.page.locator('#conversations').isVisible()).toBe(true)
    await chat.page.getByRole('button', { name: 'Rename “one”' }).click()
    await chat.page.locator('.name').fill('Wehre')
    await row(chat, 'Mühlen').locator('.open').click()
    await poll(() => chat.titles()).toEqual(['Mühlen', 'Wehre'])
    // A rename in one tab, while the other is being answered.
    const fed = await halfWay(chat, 'three')
    await poll(() => other.titles()).toEqual(['Mühlen', 'Wehre'])
    await rename(other, 'Mühlen', 'Mills')
    fed.end()
    await chat.ended()
    await poll(() => chat.titles()).toEqual(['Mills', 'Wehre'])
    expect(await other.titles()).toEqual(['Mills', 'Wehre'])
    expect(JSON.parse(await chat.call((element) => element.export('json'))).title).toBe('Mills')
    expect(await chat.call((element) => element.export())).toContain('# Mills\n')
    await chat.page.reload()
    await chat.toggleList()
    expect(await chat.titles()).toEqual(['Mills', 'Wehre'])
    await rename(chat, 'Mills', ' ')
    expect(await chat.titles()).toEqual(['two', 'Wehre'])
  })

  test('finds by title and by text, whatever the case and the accents', async () => {
    const chat = await chats.visit()
    await talk(chat, 'Où est le moulin?')
    await chat.toggleList()
    const search = chat.page.getByRole('searchbox', { name: 'Search conversations' })
    expect(await search.isVisible()).toBe(false)
    await chat.toggleList()
    await chat.begin()
    chats.upstream.next(answer(['By the Élbe.']))
    await chat.ask('Where?')
    await chat.ended()
    await chat.toggleList()
    for (const [query, found] of [
      ['OU MOULIN', ['Où est le moulin?']],
      ['elbe', ['Where?']],
      ['e', ['Where?', 'Où est le moulin?']],
      ['zebra', []],
    ] as const) {
      await search.fill(query)
      await poll(() => chat.titles()).toEqual(found)
    }
    expect(await chat.page.getByRole('status').filter({ hasText: 'Nothing was found.' }).isVisible()).toBe(
      true,
    )
    await search.press('Escape')
    expect([await search.inputValue(), await isFocused(search), await rows(chat).count()]).toEqual([
      '',
      true,
      2,
    ])
    await search.fill('moulin')
    await row(chat, 'moulin').locator('.open').click()
    await poll(() => texts(chat)).toEqual(['OÙ EST LE MOULIN?'])
  })

  test('is beside the conversation where there is room, and stays there', async () => {
    const chat = await chats.visit('position="page"')
    await talk(chat, 'one')
    await chat.toggleList()
    expect([await chat.box.isVisible(), await texts(chat)]).toEqual([true, ['ONE']])
    await chat.page.getByRole('button', { name: 'Conversations', expanded: true }).waitFor()
    await chat.begin()
    await talk(chat, 'two')
    expect(await chat.titles()).toEqual(['two', 'one'])
    await chat.open('one')
    expect([await texts(chat), await chat.focused(), await chat.titles()]).toEqual([
      ['ONE'],
      'question',
      ['two', 'one'],
    ])
    expect(await chat.page.locator('.open[aria-current]').textContent()).toContain('one')
    const [list, log] = await Promise.all([
      chat.page.locator('#conversations').boundingBox(),
      chat.log.boundingBox(),
    ])
    expect([(list?.x ?? 0) + (list?.width ?? 0), list?.y]).toEqual([log?.x, log?.y])
    // Escape at the question stops its answer; in the list, it closes that.
    const fed = await halfWay(chat, 'three')
    await chat.box.press('Escape')
    await chat.turns.getByText('You stopped this answer.').waitFor()
    fed.end()
    await row(chat, 'two').locator('.open').press('Escape')
    expect([await chat.page.locator('#conversations').isVisible(), await chat.focused()]).toEqual([
      false,
      'list',
    ])
    // A window that becomes narrow leaves the reader where the reader is.
    await chat.toggleList()
    await chat.page.setViewportSize(NARROW.viewport)
    await chat.box.waitFor({ state: 'hidden' })
    expect(await chat.page.locator('#conversations').isVisible()).toBe(true)
    await chat.page.setViewportSize({ width: 1280, height: 720 })
    await chat.box.waitFor()
    await chat.box.focus()
    await chat.page.setViewportSize(NARROW.viewport)
    await chat.page.locator('#conversations').waitFor({ state: 'hidden' })
    expect(await chat.focused()).toBe('question')
  })

  test('has each conversation under its first question, the latest first, and goes on with any', async () => {
    const chat = await chats.visit('', NARROW)
    await chat.toggleList()
    await chat.page.getByText('What you ask is kept here.').waitFor()
    expect(await chat.page.getByRole('button', { name: 'Save as JSON' }).isVisible()).toBe(false)
    await chat.toggleList()
    await talk(chat, 'one', 'more')
    await chat.begin()
    expect([await chat.turns.count(), await chat.focused()]).toEqual([0, 'question'])
    expect(await chat.page.locator('#new').isVisible()).toBe(false)
    const long = `How  does\na mill ${'that stands by the river '.repeat(5)}turn?`
    await chat.box.fill(long)
    await chat.box.press('Enter')
    await chat.ended()
    await chat.toggleList()
    expect(await chat.box.isVisible()).toBe(false)
    expect(await chat.titles()).toEqual([
      'How does a mill that stands by the river that stands by the…',
      'one',
    ])
    expect(await chat.page.locator('.open[aria-current]').textContent()).toContain('How does')
    await chat.toggleList()
    await chat.open('one')
    expect(await texts(chat)).toEqual(['ONE', 'MORE'])
    expect(await chat.focused()).toBe('question')
    await talk(chat, 'three')
    expect(chats.asked.at(-1)).toEqual([
      user('one'),
      assistant('ONE'),
      user('more'),
      assistant('MORE'),
      user('three'),
    ])
    await chat.toggleList()
    expect((await chat.titles())[0]).toBe('one')
    await chat.page.keyboard.press('Escape')
    expect([await chat.turns.count(), await chat.focused()]).toEqual([3, 'list'])
  })

  test('deletes for good, and the focus goes on to a neighbour', async () => {
    const chat = await chats.visit()
    for (const title of ['one', 'two', 'three']) {
      await talk(chat, title)
      await chat.begin()
    }
    // A new conversation is what a reload shows too.
    await chat.page.reload()
    expect(await chat.turns.count()).toBe(0)
    await chat.toggleList()
    await remove(chat, 'two')
    expect(await chat.titles()).toEqual(['three', 'one'])
    expect(
      await rows(chat)
        .last()
        .locator('.open')
        .evaluate((row) => row.matches(':focus')),
    ).toBe(true)
    await remove(chat, 'one')
    await remove(chat, 'three')
    expect([await chat.titles(), await chat.focused()]).toEqual([[], 'conversations'])
    await chat.page.reload()
    await chat.toggleList()
    expect(await chat.titles()).toEqual([])
  })

  test.each([true, false])(
    'deletes one whose answer still comes, which is stopped (on show: %s)',
    async (shown) => {
      const chat = await chats.visit()
      const fed = await halfWay(chat, 'one')
      if (!shown) {
        await chat.begin()
        await talk(chat, 'two')
      }
      await chat.toggleList()
      await remove(chat, 'one')
      await chats.upstream.until(({ open }) => open === 0)
      expect(chats.upstream.calls[0]?.closedAt).toBeDefined()
      fed.say('late')
      await chat.toggleList()
      expect(await texts(chat)).toEqual(shown ? [] : ['TWO'])
      await talk(chat, 'three')
      await chat.toggleList()
      expect(await chat.titles()).toEqual([shown ? 'three' : 'two'])
    },
  )

  test('deletes one that the server has not answered yet, and it is stopped all the same', async () => {
    const chat = await chats.visit()
    chats.upstream.next(hang)
    await chat.ask('one')
    await chats.upstream.call(1)
    await chat.toggleList()
    await remove(chat, 'one')
    await chats.upstream.until(({ open }) => open === 0)
    await chat.toggleList()
    expect(await chat.send.isVisible()).toBe(true)
  })
})

test('an answer goes on behind another conversation, and both end whole', async () => {
  const chat = await chats.visit()
  const one = await halfWay(chat, 'one')
  await chat.begin()
  expect([await chat.send.isVisible(), await chat.turns.count()]).toEqual([true, 0])
  const two = await halfWay(chat, 'two')
  one.say(' and more')
  await poll(async () => (await chat.told('millrace-delta')).at(-1)?.text).toBe(' and more')
  expect(await texts(chat)).toEqual(['Half'])
  await chat.open('one')
  // An answer that still comes is painted in a task of its own.
  await poll(() => texts(chat)).toEqual(['Half and more'])
  expect(await chat.stop.isVisible()).toBe(true)
  two.end()
  await poll(async () => (await chat.told('millrace-answer')).length).toBe(1)
  expect(await chat.stop.isVisible()).toBe(true)
  one.say(' still')
  await poll(() => texts(chat)).toEqual(['Half and more still'])
  await chat.open('two')
  expect([await texts(chat), await chat.send.isVisible()]).toEqual([['Half'], true])
  one.end()
  await poll(async () => (await chat.told('millrace-answer')).length).toBe(2)
  await chat.open('one')
  expect([await texts(chat), await chat.send.isVisible()]).toEqual([['Half and more still'], true])
  expect((await chat.told('millrace-answer')).map(({ question, answer }) => [question, answer])).toEqual([
    ['two', 'Half'],
    ['one', 'Half and more still'],
  ])
  await chat.page.reload()
  await poll(() => texts(chat)).toEqual(['Half and more still'])
  expect(chats.upstream.calls).toHaveLength(2)
})

test('an answer that ends behind a closed launcher is announced on it, until it is opened', async () => {
  const chat = await chats.visit('launcher open')
  const fed = await halfWay(chat, 'one')
  await chat.page.getByRole('button', { name: 'Close the chat' }).last().click()
  fed.say(' and more')
  fed.end()
  const bubble = chat.page.locator('#launcher')
  await poll(() => bubble.getAttribute('aria-label')).toBe('Open the chat. New answer')
  await bubble.click()
  await chat.panel.waitFor()
  expect(await bubble.getAttribute('aria-label')).toBe('Open the chat')
  expect(await texts(chat)).toEqual(['Half and more'])
})

test('a conversation is taken along as Markdown and as JSON', async () => {
  const chat = await chats.visit()
  expect(await chat.call((element) => element.export())).toBe('')
  await talk(chat, 'one')
  await chat.action('Good answer').click()
  const fed = await halfWay(chat, 'two')
  const markdown = '# one\n\n## You\n\n> one\n\n## Answer\n\nONE\n\n## You\n\n> two\n\n## Answer\n\nHalf\n'
  expect(await chat.call((element) => element.export())).toBe(
    `${markdown}\n*The answer was still coming here.*\n`,
  )
  fed.end()
  await chat.ended()
  await chat.toggleList()
  const save = async (name: string) => {
    const [download] = await Promise.all([
      chat.page.waitForEvent('download'),
      chat.page.getByRole('button', { name }).click(),
    ])
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') }
  }
  expect(await save('Save as Markdown')).toEqual({ name: 'conversation.md', text: markdown })
  const { name, text } = await save('Save as JSON')
  const saved: ExportedConversation = JSON.parse(text)
  expect([name, saved.title]).toEqual(['conversation.json', 'one'])
  expect(saved.messages).toEqual([user('one'), assistant('ONE'), user('two'), assistant('Half')])
  expect(saved.turns).toMatchObject([
    { question: 0, answer: 1, end: 'done', rating: 'up' },
    { question: 2, answer: 3, end: 'done', rating: null },
  ])
  const called: ExportedConversation = JSON.parse(await chat.call((element) => element.export('json')))
  expect({ ...called, exported_at: '' }).toEqual({ ...saved, exported_at: '' })
})

describe('storage', () => {
  const kept = (chat: Chat) =>
    chat.page.evaluate(() =>
      [Object.keys(sessionStorage), Object.keys(localStorage)].map((names) => names.length > 0),
    )

  test('of `session` is of this tab and no other', async () => {
    const chat = await chats.visit()
    await talk(chat, 'one')
    await chat.page.reload()
    await poll(() => texts(chat)).toEqual(['ONE'])
    expect(await kept(chat)).toEqual([true, false])
    const other = await chat.tab()
    await other.toggleList()
    expect(await other.titles()).toEqual([])
  })

  test('of `none` is of this page alone, whatever changes on it', async () => {
    const chat = await chats.visit('storage="none"')
    await talk(chat, 'one')
    const fed = await halfWay(chat, 'two')
    await chat.call((element) => element.setAttribute('lang', 'de'))
    await chat.page.getByRole('button', { name: 'Antwort anhalten' }).or(chat.stop).first().waitFor()
    fed.say(' and more')
    fed.end()
    await chat.ended()
    await poll(() => texts(chat)).toEqual(['ONE', 'Half and more'])
    expect(await kept(chat)).toEqual([false, false])
    await chat.page.reload()
    await chat.toggleList()
    expect([await chat.titles(), chats.upstream.calls.length]).toEqual([[], 2])
    await chat.page.getByText('Conversations are not kept here.').waitFor()
  })

  test('of `local`: a new tab goes on, also with an answer that still comes', async () => {
    const chat = await chats.visit('storage="local"')
    await talk(chat, 'one')
    const fed = await halfWay(chat, 'two')
    const other = await chat.tab()
    await poll(() => texts(other)).toEqual(['ONE', 'Half'])
    await chat.page.close()
    fed.say(' and more')
    fed.end()
    await other.ended()
    await poll(() => texts(other)).toEqual(['ONE', 'Half and more'])
    expect(chats.upstream.calls).toHaveLength(2)
  })

  test('of `local`: what is said in one tab is shown in the other, which leaves its own place', async () => {
    const chat = await chats.visit('storage="local"')
    await talk(chat, 'one')
    const other = await chat.tab()
    await poll(() => texts(other)).toEqual(['ONE'])
    const fed = await halfWay(chat, 'two')
    await poll(() => texts(other)).toEqual(['ONE', 'Half'])
    expect(await other.stop.isVisible()).toBe(true)
    fed.end()
    await Promise.all([chat.ended(), other.ended()])
    // And the other way round, with a list that is open.
    await chat.toggleList()
    await other.begin()
    await talk(other, 'three')
    await poll(() => chat.titles()).toEqual(['three', 'one'])
    await chat.toggleList()
    expect(await texts(chat)).toEqual(['ONE', 'Half'])
    expect(await texts(other)).toEqual(['THREE'])
    expect(chats.upstream.calls).toHaveLength(3)
    await other.open('one')
    await talk(other, 'four')
    await poll(() => texts(chat)).toEqual(['ONE', 'Half', 'FOUR'])
  })

  test('of `local`: a tab that may not follow shows what the other one keeps, and leaves it alone', async () => {
    const chat = await keyed.visit('storage="local"')
    await chat.ask('one')
    await chat.page.getByText('I have an access key').click()
    await chat.page.getByLabel('Access key').fill(KEY)
    await chat.page.getByLabel('Access key').press('Enter')
    await poll(() => texts(chat)).toEqual(['Hello, world!'])
    const other = await chat.tab()
    await poll(() => texts(other)).toEqual(['Hello, world!'])
    const refused = () => keyed.logs.filter(({ route, status }) => route !== '/v1/streams' && status === 401)
    const before = refused().length
    const fed = fedAnswer('Half')
    keyed.upstream.next(fed.script)
    await chat.ask('two')
    for (const [word, shown] of [
      ['', 'Half'],
      [' a', 'Half a'],
      [' b c', 'Half a b c'],
    ] as const) {
      fed.say(word)
      await poll(() => texts(other)).toEqual(['Hello, world!', shown])
    }
    expect([await other.trouble.count(), await other.told('millrace-error')]).toEqual([0, []])
    expect(refused().length - before).toBeLessThanOrEqual(1)
    await chat.page.reload()
    fed.say(' d')
    await poll(() => texts(chat)).toEqual(['Hello, world!', 'Half a b c d'])
    fed.end()
    await chat.ended()
    await poll(() => other.action('Answer again').isVisible()).toBe(true)
    expect(await texts(other)).toEqual(['Hello, world!', 'Half a b c d'])
    // What is asked there is its own.
    await other.ask('three')
    await other.page.getByText('I have an access key').waitFor()
  })

  test('that the browser refuses leaves a chat without a past', async () => {
    const chat = await chats.visit('', {
      init: () => {
        for (const name of ['sessionStorage', 'localStorage']) {
          Object.defineProperty(window, name, {
            get() {
              throw new DOMException('Refused.', 'SecurityError')
            },
          })
        }
      },
    })
    await talk(chat, 'one')
    await chat.begin()
    await talk(chat, 'two')
    await chat.open('one')
    expect(await texts(chat)).toEqual(['ONE'])
    await chat.page.reload()
    await chat.toggleList()
    expect(await chat.titles()).toEqual([])
  })
})

describe('a browser whose storage the page has filled', () => {
  const refusal = (chat: Chat) => chat.page.getByText(en.notKept).and(chat.page.locator('.allowance'))
  /** What the page keeps there, by its length. */
  const ofHost = (chat: Chat) =>
    chat.page.evaluate(() =>
      [sessionStorage, localStorage].map((store) =>
        Object.entries(store).flatMap(([name, text]) =>
          name.startsWith('host') ? [`${name}: ${text.length}`] : [],
        ),
      ),
    )
  function fill(): void {
    // The empty page before the first has no storage.
    if (location.protocol === 'about:' || sessionStorage.getItem('host')) return
    for (const store of [sessionStorage, localStorage]) {
      store.setItem('host', 'kept')
      for (let size = 2 ** 22; size >= 1; size /= 2) {
        try {
          store.setItem(`host-${size}`, 'x'.repeat(size))
        } catch {}
      }
    }
  }

  test.each(['session', 'local'])(
    'of `%s`: the answer goes on, what the page keeps stays, and it is said once',
    async (storage) => {
      const chat = await chats.visit(`storage="${storage}"`, { init: fill })
      const before = await ofHost(chat)
      const heard = await hear(chat.page)
      const fed = await halfWay(chat, 'one')
      await refusal(chat).waitFor()
      fed.say(' and more')
      fed.end()
      await chat.ended()
      await talk(chat, 'two')
      expect(await texts(chat)).toEqual(['Half and more', 'TWO'])
      expect(await ofHost(chat)).toEqual(before)
      await poll(async () => (await heard()).filter((said) => said.includes(en.notKept)).length).toBe(1)
      expect(await refusal(chat).count()).toBe(1)
      // Once there is room, all is kept.
      await chat.page.evaluate(() => {
        for (const store of [sessionStorage, localStorage]) store.removeItem(`host-${2 ** 22}`)
      })
      await talk(chat, 'three')
      await refusal(chat).waitFor({ state: 'hidden' })
      await chat.page.reload()
      await poll(() => texts(chat)).toEqual(['Half and more', 'TWO', 'THREE'])
    },
  )
})

describe('two tabs that ask at once', () => {
  /** The question's own words in capitals, whichever comes first. */
  const echo: Script = (reply) => {
    const messages = reply.call.request.messages as { content: string }[]
    return answer([messages.at(-1)?.content.toUpperCase() ?? ''])(reply)
  }

  test.each([
    ['their first questions', []],
    ['in one conversation', ['one']],
  ])('with `local`, %s: both answers are shown and kept', async (_, before) => {
    const chat = await chats.visit('storage="local"')
    await talk(chat, ...before)
    const other = await chat.tab()
    const said = before.map((question) => question.toUpperCase())
    await poll(() => texts(other)).toEqual(said)
    chats.upstream.next(echo)
    chats.upstream.next(echo)
    await Promise.all([
      chat.call((element) => element.ask('two')),
      other.call((element) => element.ask('three')),
    ])
    await Promise.all([chat.ended(), other.ended()])
    // Each tab has its own answer, and no answer is missing under a question of the other tab.
    const shown = async ({ answers }: Chat, own: string) => {
      const all = await answers.allTextContents()
      return [...said, own].every((text) => all.includes(text)) && !all.includes('')
    }
    await poll(() => shown(chat, 'TWO')).toBe(true)
    await poll(() => shown(other, 'THREE')).toBe(true)
    await Promise.all([chat.page.reload(), other.page.reload()])
    await poll(() => shown(chat, 'TWO')).toBe(true)
    await poll(() => shown(other, 'THREE')).toBe(true)
    expect(chats.upstream.calls).toHaveLength(before.length + 2)
  })
})

describe('the way through a site', () => {
  test('in mid-answer leaves it whole on the last page, and nothing there twice', async () => {
    const chat = await chats.visit()
    const words = numbered(60)
    await talk(chat, 'one')
    const fed = fedAnswer(...words.slice(0, 20))
    chats.upstream.next(fed.script)
    await chat.ask('two')
    const told = async () => (await chat.told('millrace-delta')).map(({ text }) => text).join('')
    await chat.answers.getByText('t19 ').waitFor()
    await chat.go('/second')
    await chat.answers.getByText('t19 ').waitFor()
    fed.say(...words.slice(20, 40))
    await poll(told).toBe(words.slice(20, 40).join(''))
    await chat.go('/third')
    await chat.answers.getByText('t39 ').waitFor()
    fed.say(...words.slice(40))
    await poll(told).toBe(words.slice(40).join(''))
    fed.end()
    await chat.page.reload()
    await chat.ended()
    await poll(() => texts(chat)).toEqual(['ONE', words.join('').trimEnd()])
    await chat.page.goBack()
    await poll(() => texts(chat)).toEqual(['ONE', words.join('').trimEnd()])
    expect(chats.upstream.calls).toHaveLength(2)
    expect((await chat.call((element) => element.export('json'))).match(/t59 /g)).toHaveLength(1)
  })

  test('back to a page that the browser had put aside: it shows what was said since', async () => {
    const chat = await chats.visit()
    await talk(chat, 'one')
    const back = () =>
      chat.page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
    await chat.turns.evaluate((turn) => turn.setAttribute('data-same', ''))
    await back()
    expect(await chat.page.locator('.turn[data-same]').count()).toBe(1)
    await chat.page.evaluate(() => {
      for (const [name, text] of Object.entries({ ...sessionStorage })) {
        sessionStorage.setItem(name, text.replace('"ONE"', '"ELSE"'))
      }
    })
    await back()
    await poll(() => texts(chat)).toEqual(['ELSE'])
  })
})

/**
 * This Chromium without a window has no back/forward cache, so the events of one are dispatched. The browser itself
 * freezes the page in between: neither timers nor what the network brings wake it.
 */
test('back to a page that the browser had put aside in mid-answer: it goes on there, once', async () => {
  const chat = await chats.visit('storage="local"')
  const fed = await halfWay(chat, 'one')
  const session = await chat.page.context().newCDPSession(chat.page)
  const pass = (name: string) =>
    chat.page.evaluate((name) => void dispatchEvent(new PageTransitionEvent(name, { persisted: true })), name)
  const putAside = async () => {
    await pass('pagehide')
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  }
  const back = async () => {
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await pass('pageshow')
  }
  // Back while the answer still comes.
  await putAside()
  fed.say(' and more')
  await back()
  await poll(() => texts(chat)).toEqual(['Half and more'])
  expect(await chat.stop.isVisible()).toBe(true)
  // Back after it has ended, and something was asked on the next page.
  await putAside()
  const next = await chat.tab()
  fed.say(', all of it')
  fed.end()
  await next.ended()
  await talk(next, 'two')
  await back()
  await chat.ended()
  await poll(() => texts(chat)).toEqual(['Half and more, all of it', 'TWO'])
  await talk(chat, 'three')
  await poll(() => texts(next)).toEqual(['Half and more, all of it', 'TWO', 'THREE'])
  expect(chats.upstream.calls).toHaveLength(3)
  expect(await chat.trouble.count()).toBe(0)
})

describe('while an answer comes', () => {
  test.each<[string, (chat: Chat) => Promise<unknown>]>([
    ['the language changes', (chat) => chat.call((element) => element.setAttribute('lang', 'ar'))],
    ['the element is moved', (chat) => chat.call((element) => document.body.prepend(element))],
  ])('%s, and it goes on', async (_, change) => {
    const chat = await chats.visit()
    await chat.page.locator('#question').fill('x')
    const fed = await halfWay(chat, 'one')
    await chat.box.fill('a draft')
    await change(chat)
    fed.say(' and more')
    await poll(() => texts(chat)).toEqual(['Half and more'])
    expect(await chat.box.inputValue()).toBe('a draft')
    fed.end()
    await chat.ended()
    expect(chats.upstream.calls).toHaveLength(1)
  })

  test('another place of storage is another list, and the answer is found again in its own', async () => {
    const chat = await chats.visit()
    const fed = await halfWay(chat, 'one')
    await chat.call((element) => element.setAttribute('storage', 'local'))
    await poll(() => chat.turns.count()).toBe(0)
    fed.end()
    await chat.call((element) => element.setAttribute('storage', 'session'))
    await poll(() => texts(chat)).toEqual(['Half'])
    await chat.ended()
    expect(chats.upstream.calls).toHaveLength(1)
  })
})

describe('before all is loaded', () => {
  test('an element that is taken out asks nothing, and one that is put in asks its own', async () => {
    const chat = await chats.visit()
    await chat.call((element) => {
      element.ask('one')
      element.remove()
      document.body.append(document.createElement('millrace-chat'))
    })
    await talk(chat, 'two')
    expect(chats.asked).toEqual([[user('two')]])
  })

  test('of two languages the later one counts', async () => {
    const chat = await chats.visit()
    await chat.call(async (element) => {
      element.setAttribute('lang', 'de')
      await Promise.resolve().then(() => {})
      element.setAttribute('lang', 'fr')
    })
    await poll(() => chat.page.locator('.root').getAttribute('lang')).toBe('fr')
    await chat.ask('one')
    await poll(() => texts(chat)).toEqual(['Hello, world!'])
    expect(await chat.page.locator('.root').getAttribute('lang')).toBe('fr')
  })
})
