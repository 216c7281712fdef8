/**
 * While an answer is awaited: what a visitor sees of it, also offline and of a closed chat, and how it is
 * stopped.
 */
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { OWN, useEmbedding } from '../support/embedding.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { poll } from '../support/pages.ts'

const chats = useChats()
const user = (content: string) => ({ role: 'user', content })
const asked = () => chats.asked.map((messages) => (messages as unknown[]).at(-1))

test('it is thought about until its first word', async () => {
  const chat = await chats.visit()
  const fed = fedAnswer()
  chats.upstream.next(fed.script)
  await chat.ask()
  const thinking = chat.page.locator('.speed', { hasText: /^Thinking…$/ })
  await thinking.waitFor()
  fed.say('One')
  await chat.answers.getByText('One').waitFor()
  expect(await thinking.isVisible()).toBe(false)
  fed.end()
  await chat.ended()
})

describe('a question that is asked offline', () => {
  const WAITS = 'You’re offline. It will be sent when you’re back.'
  const LOST = { expected: /ERR_INTERNET_DISCONNECTED|ERR_FAILED|could not be loaded/ }
  // It is announced, too, elsewhere.
  const waits = ({ page }: Chat) =>
    page.locator('.reconnecting, .failure p').filter({ hasText: WAITS, visible: true })

  async function offline(): Promise<Chat> {
    const chat = await chats.visit('', LOST)
    await chat.ask('One?')
    await chat.ended()
    await chat.page.context().setOffline(true)
    await chat.ask('Two?')
    await waits(chat).waitFor()
    return chat
  }

  test('waits, and is sent when the network is back', async () => {
    const chat = await offline()
    expect(await chat.page.locator('.speed').last().isVisible()).toBe(false)
    expect(asked()).toEqual([user('One?')])
    await chat.page.context().setOffline(false)
    await chat.ended()
    expect(await chat.answers.allTextContents()).toEqual(['Hello, world!', 'Hello, world!'])
    expect(await waits(chat).isVisible()).toBe(false)
    expect(asked()).toEqual([user('One?'), user('Two?')])
  })

  test.each<[string, (chat: Chat) => Promise<void>]>([
    ['by its button', (chat) => chat.page.getByRole('button', { name: 'Cancel' }).click()],
    ['by Escape', (chat) => chat.box.press('Escape')],
    ['by the button that stops answers', (chat) => chat.stop.click()],
  ])('can be taken back, %s', async (_, takeBack) => {
    const chat = await offline()
    await takeBack(chat)
    await chat.page.locator('.note', { hasText: 'This question was not sent.' }).waitFor()
    expect(await waits(chat).isVisible()).toBe(false)
    expect(await chat.focused()).toBe('question')
    await chat.page.context().setOffline(false)
    await chat.ask('Three?')
    await chat.ended()
    expect(asked()).toEqual([user('One?'), user('Three?')])
  })

  test('is sent at once where the browser is wrong about its network', async () => {
    const init = () => void Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false })
    const chat = await chats.visit('', { init })
    await chat.ask()
    await chat.ended()
    expect(await chat.answers.allTextContents()).toEqual(['Hello, world!'])
  })

  test('is still there after a reload, unsent, and is sent by a click alone', async () => {
    const init = () => {
      const get = () => sessionStorage.getItem('offline') === null
      Object.defineProperty(Navigator.prototype, 'onLine', { get })
    }
    const chat = await chats.visit('', { ...LOST, init })
    await chat.ask('One?')
    await chat.ended()
    await chat.page.evaluate(() => sessionStorage.setItem('offline', ''))
    await chat.page.route(`${chats.url}/v1/**`, (route) => route.abort())
    await chat.ask('Two?')
    await waits(chat).waitFor()
    await chat.page.reload()
    await chat.trouble.getByRole('heading', { name: 'This question is not sent yet' }).waitFor()
    await chat.page.unrouteAll()
    await chat.page.evaluate(() => sessionStorage.removeItem('offline'))
    await chat.page.reload()
    await chat.retry.waitFor()
    expect([await chat.retry.textContent(), await chat.trouble.locator('details').count()]).toEqual([
      'Send',
      0,
    ])
    expect(asked()).toEqual([user('One?')])
    await chat.retry.click()
    await chat.ended()
    expect(asked()).toEqual([user('One?'), user('Two?')])
    expect(await chat.answers.last().textContent()).toBe('Hello, world!')
  })

  test('waits too where the code of the conversation is not loaded yet', async () => {
    const chat = await chats.visit('', LOST)
    await chat.page.context().setOffline(true)
    await chat.ask('One?')
    await waits(chat).waitFor()
    await chat.page.getByRole('button', { name: 'Cancel' }).click()
    expect([await waits(chat).count(), await chat.box.inputValue()]).toEqual([0, 'One?'])
    await chat.box.press('Enter')
    await waits(chat).waitFor()
    await chat.page.context().setOffline(false)
    await chat.ended()
    expect(await chat.answers.allTextContents()).toEqual(['Hello, world!'])
    expect([await waits(chat).count(), await chat.box.inputValue()]).toEqual([0, ''])
  })
})

describe('a launcher', () => {
  const site = useEmbedding()

  test.each(['reduce', 'no-preference'] as const)(
    'shows that an answer comes while it is closed, and that it has come (motion: %s)',
    async (reducedMotion) => {
      const { page, bubble, ask, begun } = await site.visit(OWN + site.script('data-launcher'), {
        reducedMotion,
      })
      const dot = bubble.locator('.dot')
      const name = () => bubble.getAttribute('aria-label')
      const fed = fedAnswer('One ')
      site.upstream.next(fed.script)
      await bubble.click()
      await ask()
      await begun()
      expect(await bubble.isVisible()).toBe(false)
      await page.locator('#close').click()
      expect([await name(), await dot.isVisible()]).toEqual([
        'Open the chat. An answer is being written',
        true,
      ])
      const moves = await dot.evaluate((dot) => dot.getAnimations().length > 0)
      expect(moves).toBe(reducedMotion === 'no-preference')
      fed.end()
      await poll(name).toBe('Open the chat. New answer')
      expect(await dot.evaluate((dot) => dot.getAnimations().length)).toBe(0)
      await bubble.click()
      await page.locator('#close').click()
      expect([await name(), await dot.isVisible()]).toEqual(['Open the chat', false])
    },
  )

  test('is closed by the second Escape while an answer comes: the first stops it', async () => {
    const { page, bubble, panel, box, ask, begun, ended, told } = await site.visit(
      OWN + site.script('data-launcher'),
    )
    await bubble.click()
    site.upstream.next(fedAnswer('One ').script)
    await ask()
    await begun()
    await box.press('Escape')
    await page.locator('.note', { hasText: 'You stopped this answer.' }).waitFor()
    await ended()
    expect(await panel.isVisible()).toBe(true)
    await box.press('Escape')
    expect(await panel.isVisible()).toBe(false)
    expect(await told('millrace-answer')).toMatchObject([{ end: 'stopped' }])
  })

  test('is closed at once by two of them, while the answer is still being stopped', async () => {
    const { page, bubble, panel, box, ask, begun, told } = await site.visit(
      OWN + site.script('data-launcher'),
    )
    await bubble.click()
    site.upstream.next(fedAnswer('One ').script)
    await ask()
    await begun()
    await box.focus()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(false)
    await poll(() => told('millrace-answer')).toMatchObject([{ end: 'stopped' }])
  })

  test('leaves its answer alone while something inside takes the Escape', async () => {
    const { page, bubble, panel, ask, begun, ended, told } = await site.visit(
      OWN + site.script('data-launcher'),
    )
    await bubble.click()
    const fed = fedAnswer('One ')
    site.upstream.next(fed.script)
    await ask()
    await begun()
    await page.locator('.asked .edit').click()
    await page.locator('.editor textarea').press('Escape')
    await page.locator('#list').click()
    await page.keyboard.press('Escape')
    expect([await page.locator('.editor').count(), await panel.isVisible()]).toEqual([0, true])
    fed.say('two.')
    fed.end()
    await ended()
    expect(await told('millrace-answer')).toMatchObject([{ end: 'done', answer: 'One two.' }])
  })
})
