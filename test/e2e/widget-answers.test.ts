/** What a reader can do with an answer: stop it, have it again, ask in other words, copy it, judge it, and look how fast it was. */
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { heldVerdict, isModeration, verdict } from '../support/moderation-server.ts'
import { poll, rendered } from '../support/pages.ts'
import { hang, inOrder, reset, type Script } from '../support/script.ts'
import { answer, begun, failing } from '../support/scripts.ts'
import { delta, numbered, role } from '../support/sse.ts'

const chats = useChats()
const retracting = useChats({ MODERATION: 'output', MODERATION_MODE: 'retract' })
const forgetting = useChats({
  MODERATION: 'output',
  MODERATION_MODE: 'retract',
  MODERATION_RETRACT_CHARS: '200',
  STREAM_KEEP_MS: '100',
})
const keyed = useChats({ SESSION_SECRET: '' })

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

const stateOf = ({ turns }: Chat) => turns.last().locator('.answer').getAttribute('data-state')
/** Not what is said of it to who listens. */
const noteOf = ({ page }: Chat, note: string) => page.locator('.note').getByText(note, { exact: true })
const questions = ({ turns }: Chat) => turns.locator('h3').allTextContents()

/** A conversation of these questions, each answered with its own words in capitals. */
async function talked(words: string[], attributes = ''): Promise<Chat> {
  const chat = await chats.visit(attributes)
  for (const word of words) {
    chats.upstream.next(answer([word.toUpperCase()]))
    await chat.ask(word)
    await chat.ended()
  }
  return chat
}

/** Opens the editor of a turn's question. @returns its box */
async function edit({ turns }: Chat, turn: number) {
  await turns.nth(turn).getByRole('button', { name: 'Edit the question' }).click()
  return turns.nth(turn).getByRole('textbox', { name: 'Edit the question' })
}

describe('stop', () => {
  test('while it is waited for: at once, upstream too, and the next question stands alone', async () => {
    const chat = await chats.visit()
    chats.upstream.next(hang)
    await chat.ask('One?')
    await chats.upstream.call(1)
    await chat.stop.click()
    await chat.ended()
    await chats.upstream.until(({ open }) => open === 0)
    expect(await stateOf(chat)).toBe('stopped')
    expect(await noteOf(chat, 'You stopped this answer.').isVisible()).toBe(true)
    expect(await chat.focused()).toBe('question')
    expect(await chat.told('millrace-answer')).toMatchObject([
      { question: 'One?', answer: '', end: 'stopped' },
    ])
    // And can be had all the same.
    await chat.action('Answer again').click()
    await chat.ended()
    await chat.ask('Two?')
    await chat.ended()
    expect(chats.asked.slice(1)).toEqual([
      [user('One?')],
      [user('One?'), assistant('Hello, world!'), user('Two?')],
    ])
  })

  test('while it flows: what came stays, the upstream is left, and it is sent along', async () => {
    const chat = await chats.visit()
    const fed = fedAnswer('Half')
    chats.upstream.next(fed.script)
    await chat.ask('One?')
    await chat.answers.getByText('Half').waitFor()
    // No question is sent meanwhile; it stays in the box.
    await chat.ask('Two?')
    expect(await chat.box.inputValue()).toBe('Two?')
    await chat.box.press('Escape')
    await chat.ended()
    await chats.upstream.until(({ open }) => open === 0)
    expect(chats.upstream.calls[0]?.closedAt).toBeDefined()
    fed.say('never')
    await chat.page.reload()
    await noteOf(chat, 'You stopped this answer.').waitFor()
    await poll(() => chat.answers.allTextContents()).toEqual(['Half'])
    await chat.ask('Two?')
    await chat.ended()
    expect(chats.asked[1]).toEqual([user('One?'), assistant('Half'), user('Two?')])
  })
})

describe('regenerate', () => {
  test('brings another answer to the same question, with nothing of the old one sent', async () => {
    const chat = await talked(['one', 'two'])
    const fed = fedAnswer()
    chats.upstream.next(fed.script)
    await chat.action('Answer again').click()
    await chats.upstream.call(3)
    expect(await chat.answers.allTextContents()).toEqual(['ONE', 'TWO'])
    expect(await chat.focused()).toBe('question')
    fed.say('Zwei')
    await poll(() => chat.answers.allTextContents()).toEqual(['ONE', 'Zwei'])
    fed.end()
    await chat.ended()
    expect(chats.asked[2]).toEqual([user('one'), assistant('ONE'), user('two')])
    expect(await chat.turns.first().getByRole('button', { name: 'Answer again' }).isVisible()).toBe(false)
    await chat.page.reload()
    await poll(() => chat.answers.allTextContents()).toEqual(['ONE', 'Zwei'])
  })

  test.each<[string, Script, (chat: Chat) => Promise<void>]>([
    ['fails', failing(500), (chat) => chat.trouble.waitFor()],
    ['is stopped', hang, async (chat) => chats.upstream.call(2).then(() => chat.stop.click())],
    [
      'is stopped after a reload',
      hang,
      async (chat) => {
        await chats.upstream.call(2)
        await poll(() => chat.page.evaluate(() => Object.values({ ...sessionStorage }).join())).toMatch(
          /"pending":{[^}]*"id":"str_/,
        )
        await chat.page.reload()
        await chat.stop.click()
      },
    ],
  ])('that %s before its first token leaves the old answer as it was', async (_, script, then) => {
    const chat = await talked(['one'])
    await chat.action('Good answer').click()
    chats.upstream.next(...Array(5).fill(script))
    await chat.action('Answer again').click()
    await then(chat)
    await chat.ended()
    // The stop is heard once the server has named the stream. If the page were left before that, the Worker
    // would try the call again as soon as its connection is cut below.
    await chats.upstream.until(({ open }) => open === 0)
    for (let again = 0; again < 2; again++) {
      await poll(() => chat.answers.allTextContents()).toEqual(['ONE'])
      expect(await stateOf(chat)).toBe('done')
      expect(await chat.page.locator('.note').isVisible()).toBe(false)
      expect(await chat.page.getByText('What had arrived is kept.').count()).toBe(0)
      expect(await chat.action('Good answer').getAttribute('aria-pressed')).toBe('true')
      await poll(() => chat.page.locator('.speed').textContent()).toContain('First token after')
      await chat.page.reload()
      await chat.turns.waitFor()
    }
    await chats.upstream.clear()
    await chat.ask('two')
    await chat.ended()
    expect(chats.asked[0]).toEqual([user('one'), assistant('ONE'), user('two')])
  })

  test('that ends without a word leaves none of the old one', async () => {
    const chat = await talked(['one'])
    chats.upstream.next(answer([]))
    await chat.action('Answer again').click()
    await noteOf(chat, 'The answer is empty.').waitFor()
    expect(await chat.answers.textContent()).toBe('')
  })
})

describe('a question in other words', () => {
  test.each([
    ['first', 0, [user('else?')]],
    ['middle', 1, [user('one'), assistant('ONE'), user('else?')]],
    ['last', 2, [user('one'), assistant('ONE'), user('two'), assistant('TWO'), user('else?')]],
  ])('in the %s turn drops what followed, and sends what came before', async (_, turn, messages) => {
    const words = ['one', 'two', 'three']
    const chat = await talked(words)
    const box = await edit(chat, turn)
    expect(await box.inputValue()).toBe(words[turn])
    await box.fill('else?')
    await box.press('Enter')
    await chat.ended()
    expect(chats.asked[3]).toEqual(messages)
    expect(await questions(chat)).toEqual([...words.slice(0, turn), 'else?'])
    expect(await chat.focused()).toBe('question')
    await chat.page.reload()
    await poll(() => questions(chat)).toEqual([...words.slice(0, turn), 'else?'])
  })

  test.each([0, 1])(
    'while an answer comes stops that one, and nothing of it is seen or told (turn %i)',
    async (turn) => {
      const chat = await talked(['one'])
      const fed = fedAnswer('Half')
      chats.upstream.next(fed.script)
      await chat.ask('two')
      await chat.answers.getByText('Half').waitFor()
      const next = fedAnswer('Other')
      chats.upstream.next(next.script)
      const box = await edit(chat, turn)
      await box.fill('else?')
      await chat.turns.getByRole('button', { name: 'Ask again' }).click()
      fed.say(' late')
      await chat.answers.getByText('Other').waitFor()
      next.end()
      await chat.ended()
      await chats.upstream.until(({ open }) => open === 0)
      expect(chats.upstream.calls[1]?.closedAt).toBeDefined()
      expect(await questions(chat)).toEqual(turn === 0 ? ['else?'] : ['one', 'else?'])
      expect(await chat.answers.last().textContent()).toBe('Other')
      const told = (await chat.told('millrace-delta')).map(({ text }) => text).join('')
      expect(told).toBe('ONEHalfOther')
      expect((await chat.told('millrace-answer')).map(({ question }) => question)).toEqual(['one', 'else?'])
    },
  )

  test('may be left as it was: Escape closes the editor alone', async () => {
    const chat = await talked(['one'], 'launcher open')
    const fed = fedAnswer('Half')
    chats.upstream.next(fed.script)
    await chat.ask('two')
    await chat.answers.getByText('Half').waitFor()
    await (await edit(chat, 0)).press('Escape')
    expect(await chat.focused()).toBe('Edit the question')
    await (await edit(chat, 1)).fill('else?')
    await chat.turns.getByRole('button', { name: 'Cancel' }).click()
    expect([await questions(chat), await chat.stop.isVisible()]).toEqual([['one', 'two'], true])
    expect(await chat.panel.isVisible()).toBe(true)
    fed.end()
    await chat.ended()
    expect(chats.asked).toHaveLength(2)
  })

  test('stays in the editor where the page keeps it from being asked', async () => {
    const chat = await talked(['one'])
    await chat.call((element) => element.addEventListener('millrace-ask', (event) => event.preventDefault()))
    const box = await edit(chat, 0)
    await box.fill('else?')
    await box.press('Enter')
    expect(await box.inputValue()).toBe('else?')
    expect(await chat.answers.allTextContents()).toEqual(['ONE'])
    expect(chats.asked).toHaveLength(1)
  })
})

const MARKDOWN = '# A *mill*\n\n```js\nlet a = 1\n\nlet b\n```\n'

describe('copy', () => {
  const copied = (chat: Chat) => chat.page.evaluate(() => navigator.clipboard.readText())
  const both = { permissions: ['clipboard-read', 'clipboard-write'] }
  /** As in a page that may not use it; reading is the test's own. */
  const refuse = () => {
    // There is none in the empty page before the first.
    if (!navigator.clipboard) return
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('Refused.', 'NotAllowedError'))
  }

  test.each([
    ['with the permission', undefined],
    ['without the permission', refuse],
  ])('an answer, as Markdown without citation marks, %s', async (_, init) => {
    const chat = await chats.visit('launcher open', { ...both, ...(init && { init }) })
    chats.upstream.next(answer([`${MARKDOWN}\uE200ci`, 'te\uE202turn0search0\uE201']))
    await chat.ask()
    await chat.ended()
    await chat.action('Copy the answer').click()
    await chat.action('Copied').waitFor()
    expect(await chat.focused()).toBe('Copied')
    expect(await copied(chat)).toBe(MARKDOWN)
    expect(await chat.panel.isVisible()).toBe(true)
  })

  test('that fails says so', async () => {
    const chat = await chats.visit('', { init: refuse })
    await chat.page.evaluate(() => {
      document.execCommand = () => false
    })
    await chat.ask()
    await chat.ended()
    await chat.action('Copy the answer').click()
    await chat.action('Could not be copied').waitFor()
    await chat.action('Copy the answer').waitFor()
  })
})

test('a thumb is told, kept, and taken back', async () => {
  const chat = await talked(['one'])
  const pressed = async () => [
    await chat.action('Good answer').getAttribute('aria-pressed'),
    await chat.action('Bad answer').getAttribute('aria-pressed'),
  ]
  await chat.action('Good answer').click()
  expect(await pressed()).toEqual(['true', 'false'])
  await chat.action('Bad answer').click()
  expect(await pressed()).toEqual(['false', 'true'])
  const [first, second] = await chat.told('millrace-feedback')
  expect(first).toEqual({
    conversation: first?.conversation,
    question: 'one',
    answer: 'ONE',
    rating: 'up',
  })
  expect(second?.rating).toBe('down')
  await chat.page.reload()
  await chat.turns.waitFor()
  expect(await pressed()).toEqual(['false', 'true'])
  await chat.action('Bad answer').click()
  expect((await chat.told('millrace-feedback')).map(({ rating }) => rating)).toEqual([null])
  await chat.page.reload()
  await chat.turns.waitFor()
  expect(await pressed()).toEqual(['false', 'false'])
})

test('how fast it came is shown where the page wants it', async () => {
  const chat = await chats.visit()
  chats.upstream.next(answer(numbered(20), 5))
  await chat.ask()
  await chat.ended()
  const line = chat.page.locator('.speed')
  const words = /^First token after \d\.\d\d s · \d[\d.]* tokens per second · 12 tokens$/
  expect(await line.isVisible()).toBe(false)
  await chat.call((element) => element.setAttribute('speed', ''))
  expect(await line.isVisible()).toBe(true)
  expect(await line.textContent()).toMatch(words)
  const [{ firstTokenMs, tokensPerSecond, tokens } = {}] = await chat.told('millrace-answer')
  expect([firstTokenMs, tokensPerSecond, tokens]).toEqual([expect.any(Number), expect.any(Number), 12])
})

describe('what went wrong', () => {
  test('in mid-answer is told with what had come, and tried again', async () => {
    const chat = await chats.visit()
    chats.upstream.next(inOrder(begun([role(), delta('Half')]), reset))
    await chat.ask('<b>Why?</b>')
    await poll(() => questions(chat)).toEqual(['<b>Why?</b>'])
    await chat.trouble.getByText('What had arrived is kept.').waitFor()
    expect(await chat.trouble.locator('h4').textContent()).toBe('The answer broke off')
    await poll(() => chat.answers.textContent()).toBe('Half')
    expect(await chat.told('millrace-error')).toMatchObject([
      { question: '<b>Why?</b>', answer: 'Half', status: null },
    ])
    const fed = fedAnswer()
    chats.upstream.next(fed.script)
    await chat.retry.click()
    await chats.upstream.call(2)
    expect([await chat.answers.textContent(), await chat.trouble.count()]).toEqual(['Half', 0])
    expect(await chat.focused()).toBe('question')
    fed.say('Whole')
    fed.end()
    await chat.ended()
    expect(await chat.answers.textContent()).toBe('Whole')
    expect(chats.asked[1]).toEqual([user('<b>Why?</b>')])
  })

  test.each([
    [404, 'model_not_found', 'This chat can’t answer at the moment', 'Try again'],
    [400, 'context_length_exceeded', 'This question is too long', 'New conversation'],
    [429, 'insufficient_quota', 'This chat can’t answer at the moment', undefined],
    [400, 'odd', 'This question was refused', 'Try again'],
  ])('at the upstream (%i %s) has its own words', async (status, code, title, button) => {
    const chat = await chats.visit()
    chats.upstream.next(failing(status, { code }))
    await chat.ask()
    await chat.trouble.getByRole('heading', { name: title }).waitFor()
    expect(await chat.retry.allTextContents()).toEqual(button ? [button] : [])
    expect(await chat.trouble.getByText('What had arrived is kept.').count()).toBe(0)
    // Asking on leaves it behind, and what got no answer is not sent along.
    await chat.ask('And?')
    await chat.ended()
    expect(await chat.trouble.count()).toBe(0)
    expect(chats.asked[1]).toEqual([user('And?')])
  })

  test('too much at once is counted down, over a reload too', async () => {
    const chat = await chats.visit()
    chats.upstream.next(
      ...Array(5).fill(failing(429, { code: 'rate_limit_exceeded' }, { 'retry-after': '40' })),
    )
    await chat.ask()
    await chat.trouble.getByRole('heading', { name: 'Too many questions at once' }).waitFor()
    const left = async () =>
      Number(/^Try again in (\d+) s$/.exec((await chat.retry.textContent()) ?? '')?.[1])
    const before = await left()
    expect(before).toBeGreaterThan(30)
    expect(before).toBeLessThanOrEqual(40)
    await poll(left).toBeLessThan(before)
    expect(await chat.retry.isDisabled()).toBe(true)
    await chat.page.clock.install()
    await chat.page.reload()
    await chat.retry.waitFor()
    expect(await left()).toBeLessThan(before)
    await chat.page.clock.fastForward(41_000)
    await poll(() => chat.retry.textContent()).toBe('Try again')
    await chats.upstream.clear()
    await chat.retry.click()
    await chat.ended()
    expect(await chat.answers.textContent()).toBe('Hello, world!')
  })
})

test('an access key can be entered where there are no visitors, and is kept for this tab', async () => {
  const chat = await keyed.visit()
  await chat.ask()
  await chat.page.getByText('I have an access key').click()
  await chat.page.getByLabel('Access key').fill('mr_wrong')
  await chat.page.getByRole('button', { name: 'Use this key' }).click()
  await chat.trouble.getByRole('heading', { name: 'This access key is not valid' }).waitFor()
  expect(await chat.retry.count()).toBe(0)
  await chat.page.reload()
  await chat.ask()
  await chat.trouble.getByRole('heading', { name: 'This access key is not valid' }).waitFor()
  expect(keyed.asked).toEqual([])
})

describe('text that moderation takes back', () => {
  /** None of its letters stands in any other text. */
  const BAD = 'βόμβα'
  const isBad = (text: string) => /[α-ω]/.test(text)
  const everything = (chat: Chat) =>
    chat.page.evaluate(
      () =>
        document.querySelector('millrace-chat')?.shadowRoot?.innerHTML +
        Object.values({ ...sessionStorage }).join(),
    )

  test('is gone from the page, from what is kept, from the export, and from what is sent next', async () => {
    const chat = await retracting.visit()
    const model = inOrder(begun([role(), ...numbered(60).map(delta), delta(`${BAD} and more`)], 2), hang)
    const { script, give } = heldVerdict(isBad)
    retracting.upstream.when((call) => (isModeration(call) ? script : model))
    await chat.ask('One?')
    await chat.answers.getByText(BAD).waitFor()
    give()
    await noteOf(chat, 'The rest can’t be shown: it did not pass a safety check.').waitFor()
    await chat.ended()
    const text = (await chat.answers.textContent()) ?? ''
    expect(text).toMatch(/^t0 t1 .*t\d+ ?$/)
    expect(await chat.page.locator('.rate-up, .rate-down').filter({ visible: true }).count()).toBe(0)
    expect([isBad(await everything(chat)), await stateOf(chat)]).toEqual([false, 'withheld'])
    expect(isBad(await chat.call((element) => element.export('json') + element.export('markdown')))).toBe(
      false,
    )
    const [{ end = '', answer: told = '' } = {}] = await chat.told('millrace-answer')
    expect([end, isBad(told)]).toEqual(['withheld', false])
    await retracting.upstream.clear()
    retracting.upstream.when((call) => (isModeration(call) ? verdict(isBad) : answer(['Yes.'])))
    await chat.page.reload()
    await chat.ask('Two?')
    await chat.ended()
    expect(retracting.asked).toEqual([[user('One?'), assistant(told), user('Two?')]])
  })

  test('and is all there was leaves nothing of the answer before it either', async () => {
    const chat = await retracting.visit()
    retracting.upstream.when((call) => (isModeration(call) ? verdict(isBad) : undefined))
    await chat.ask()
    await chat.ended()
    await retracting.upstream.clear()
    const { script, give } = heldVerdict(isBad)
    retracting.upstream.when((call) => (isModeration(call) ? script : answer([BAD])))
    await chat.action('Answer again').click()
    await chat.answers.getByText(BAD).waitFor()
    give()
    await noteOf(chat, 'This answer can’t be shown: it did not pass a safety check.').waitFor()
    await chat.ended()
    expect([await chat.answers.textContent(), isBad(await everything(chat))]).toEqual(['', false])
  })

  test.each([
    ['none of it', '', []],
    ['what had passed of it', numbered(200).join(''), [user('One?')]],
  ])('and whose reader comes back when its stream is gone leaves %s', async (_, passes, kept) => {
    const chat = await forgetting.visit()
    const { script: moderation, give } = heldVerdict(isBad)
    const model = inOrder(
      begun([role(), ...passes.split(/(?<= )/).map(delta), delta(`${BAD} and more`)], 5),
      hang,
    )
    forgetting.upstream.when((call) => (isModeration(call) ? moderation : model))
    const asked = chat.page.waitForRequest(
      (request) => request.method() === 'POST' && /streams$/.test(request.url()),
    )
    await chat.ask('One?')
    const { authorization = '' } = await (await asked).allHeaders()
    await chat.answers.getByText(BAD).waitFor()
    // It is on the screen, and nowhere else.
    const exported = await chat.call((element) => element.export('json') + element.export('markdown'))
    expect(isBad(exported)).toBe(false)
    await chat.page.evaluate(() => dispatchEvent(new Event('pagehide')))
    const store = await chat.page.evaluate(() => Object.values({ ...sessionStorage }).join())
    expect([store.includes('One?'), isBad(store)]).toEqual([true, false])
    const [, id] = /"id":"(str_[^"]+)"/.exec(store) ?? []
    expect(id).toBeDefined()
    await chat.page.goto('about:blank')
    give()
    const status = () =>
      fetch(`${forgetting.url}/v1/streams/${id}`, {
        headers: { authorization, origin: new URL(chat.site).origin },
      }).then(async (response) => {
        await response.body?.cancel()
        return response.status
      })
    await poll(status).toBe(404)
    await chat.go('/')
    await chat.trouble.getByRole('heading', { name: 'The rest of this answer is no longer there' }).waitFor()
    await rendered(chat.page)
    expect([await questions(chat), await chat.retry.isVisible()]).toEqual([['One?'], true])
    expect(isBad(await everything(chat))).toBe(false)
    const text = ((await chat.answers.textContent()) ?? '').trim()
    expect([passes.startsWith(text), text !== '']).toEqual([true, passes !== ''])
    await forgetting.upstream.clear()
    forgetting.upstream.when((call) => (isModeration(call) ? verdict(isBad) : answer(['Yes.'])))
    await chat.ask('Two?')
    await chat.answers.getByText('Yes.').waitFor()
    await chat.ended()
    expect(isBad(JSON.stringify(forgetting.asked))).toBe(false)
    expect(forgetting.asked[0]).toEqual([
      ...kept,
      ...(text ? [assistant(expect.stringContaining(text))] : []),
      user('Two?'),
    ])
  })
})
