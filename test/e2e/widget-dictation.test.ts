/**
 * Dictation. The Chromium of the tests has no speech recognition that works, so a stand-in of its interface
 * is put into the page: what it hears is said by the test.
 */
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { poll } from '../support/pages.ts'
import { hang } from '../support/script.ts'

const chats = useChats()

/** What the page's recognition was told, and is to hear. */
interface Ear {
  log: string[]
  hear(...texts: string[]): void
  fail(error: string): void
}

/** Runs in the page. */
function standIn(): void {
  let current: EventTarget | undefined
  const ear: Ear = {
    log: [],
    hear: (...texts) =>
      current?.dispatchEvent(
        Object.assign(new Event('result'), { results: texts.map((transcript) => [{ transcript }]) }),
      ),
    fail(error) {
      current?.dispatchEvent(Object.assign(new Event('error'), { error }))
      current?.dispatchEvent(new Event('end'))
    },
  }
  class Recognition extends EventTarget {
    lang = ''
    continuous = false
    interimResults = false
    start() {
      ear.log.push(`start ${this.lang} ${this.continuous} ${this.interimResults}`)
      current = this
    }
    stop() {
      ear.log.push('stop')
      this.dispatchEvent(new Event('end'))
    }
    abort() {
      ear.log.push('abort')
      this.dispatchEvent(Object.assign(new Event('error'), { error: 'aborted' }))
      this.dispatchEvent(new Event('end'))
    }
  }
  Object.assign(globalThis, { ear, webkitSpeechRecognition: Recognition })
  Object.assign(globalThis, { SpeechRecognition: undefined })
}

/** Runs in the page: as in Firefox. */
function deaf(): void {
  Object.assign(globalThis, { SpeechRecognition: undefined, webkitSpeechRecognition: undefined })
}

type Heard = { ear: Ear }
const button = ({ page }: Chat) => page.getByRole('button', { name: 'Dictate' })
const line = ({ page }: Chat) => page.locator('.dictation')
const hear = ({ page }: Chat, ...texts: string[]) =>
  page.evaluate((texts) => (globalThis as never as Heard).ear.hear(...texts), texts)
const fail = ({ page }: Chat, error: string) =>
  page.evaluate((error) => (globalThis as never as Heard).ear.fail(error), error)
const log = ({ page }: Chat) => page.evaluate(() => (globalThis as never as Heard).ear.log)
const pressed = (chat: Chat) => button(chat).getAttribute('aria-pressed')

const open = (attributes = 'dictation', init = standIn) => chats.visit(attributes, { init })

test('without the attribute there is no button, and nothing is loaded', async () => {
  const chat = await chats.visit('', { init: standIn })
  await chat.ask()
  await chat.ended()
  expect(await button(chat).count()).toBe(0)
})

test('where the browser has none there is no button', async () => {
  const chat = await open('dictation', deaf)
  await chat.ask()
  await chat.ended()
  expect(await button(chat).count()).toBe(0)
})

describe('with it', () => {
  test('what is heard stands in the box, at the caret, and is corrected', async () => {
    const chat = await open()
    await chat.box.fill('Tell me, please')
    await chat.box.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(7, 7))
    await button(chat).click()
    expect(await pressed(chat)).toBe('true')
    expect(await line(chat).textContent()).toBe('Listening… Your browser may send the sound to its maker.')
    expect(await log(chat)).toEqual(['start en true true'])
    await hear(chat, 'wide')
    expect(await chat.box.inputValue()).toBe('Tell me wide, please')
    await hear(chat, 'why', ' it turns')
    expect(await chat.box.inputValue()).toBe('Tell me why it turns, please')
    // The last words come after the press.
    await button(chat).click()
    expect([await pressed(chat), await line(chat).textContent()]).toEqual(['false', ''])
    expect(await log(chat)).toEqual(['start en true true', 'stop'])
    expect(await chat.send.getAttribute('aria-disabled')).toBe('false')
  })

  test('it stops with the question, and what is heard then is lost', async () => {
    const chat = await open()
    chats.upstream.next(hang)
    await button(chat).click()
    await hear(chat, 'Why?')
    await chat.box.press('Enter')
    await chats.upstream.call(1)
    expect(await log(chat)).toEqual(['start en true true', 'abort'])
    await hear(chat, 'Why? And more')
    expect(await chat.box.inputValue()).toBe('')
    expect(await pressed(chat)).toBe('false')
    expect(chats.asked[0]).toEqual([{ role: 'user', content: 'Why?' }])
  })

  test.each<[string, (chat: Chat) => Promise<unknown>]>([
    ['a key in the box', (chat) => chat.box.press('x')],
    ['Escape', (chat) => chat.box.press('Escape')],
    [
      'the page hidden',
      ({ page }) =>
        page.evaluate(() => {
          Object.defineProperty(document, 'hidden', { value: true })
          document.dispatchEvent(new Event('visibilitychange'))
        }),
    ],
    ['the attribute gone', (chat) => chat.call((chat) => chat.removeAttribute('dictation'))],
    ['another language', (chat) => chat.call((chat) => chat.setAttribute('lang', 'de'))],
  ])('%s stops it', async (_, act) => {
    const chat = await open()
    await button(chat).click()
    await hear(chat, 'Why')
    await act(chat)
    await poll(() => log(chat)).toEqual(['start en true true', 'abort'])
    await hear(chat, 'Why not')
    expect(await chat.box.inputValue()).toMatch(/^Whyx?$/)
  })

  test('closing a launcher’s panel stops it', async () => {
    const chat = await open('dictation launcher open')
    await button(chat).click()
    await chat.call((chat) => chat.hide())
    await poll(() => log(chat)).toEqual(['start en true true', 'abort'])
  })

  test('a chat that was removed is not held by its document', async () => {
    const chat = await open()
    await button(chat).waitFor()
    await chat.page.evaluate(() => {
      const chat = document.querySelector('millrace-chat')
      const composer = chat?.shadowRoot?.querySelector('#composer')
      Object.assign(globalThis, { held: new WeakRef(composer as Element) })
      chat?.remove()
    })
    await poll(async () => {
      await chat.page.requestGC()
      return chat.page.evaluate(
        () => (globalThis as never as { held: WeakRef<Element> }).held.deref() === undefined,
      )
    }).toBe(true)
  })

  test.each([
    ['not-allowed', 'Your browser does not let this page use the microphone.'],
    ['service-not-allowed', 'Your browser does not let this page use the microphone.'],
    ['network', 'Dictating doesn’t work here at the moment.'],
    ['audio-capture', 'Dictating doesn’t work here at the moment.'],
    ['language-not-supported', 'Dictating doesn’t work here at the moment.'],
    ['no-speech', 'Nothing was heard.'],
  ])('%s is said, and it can be tried again', async (error, words) => {
    const chat = await open()
    await button(chat).click()
    await fail(chat, error)
    expect([await line(chat).textContent(), await pressed(chat)]).toEqual([words, 'false'])
    await button(chat).click()
    expect(await line(chat).textContent()).toMatch(/^Listening/)
  })

  test.each([
    ['lang="de"', 'de'],
    ['lang="pt-BR"', 'pt-BR'],
    ['lang="zh-TW"', 'zh-TW'],
    ['lang="zh-Hant"', 'zh-TW'],
  ])('with %s it hears %s', async (attributes, language) => {
    const chat = await open(`dictation ${attributes}`)
    await chat.page.locator('.dictate').click()
    expect(await log(chat)).toEqual([`start ${language} true true`])
  })
})
