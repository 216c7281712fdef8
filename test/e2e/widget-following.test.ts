/** The end of a growing answer stays in view until its reader wants to see something else, and is there again when they ask. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import { fedAnswer } from '../support/fed-answer.ts'
import { openHiddenTab } from '../support/hidden-tab.ts'
import { poll } from '../support/pages.ts'
import { answer } from '../support/scripts.ts'
import { numbered } from '../support/sse.ts'

// The longest answer here is longer than a visitor's by default.
const chats = useChats({ MAX_OUTPUT_TOKENS: '40000', VISITOR_DAILY_TOKENS: '1000000' })

const SENTENCES = 'Water turns the wheel, and the wheel turns the stone. '.repeat(6)
let paragraphs = 0
/** So many paragraphs, each with a number of its own. */
const text = (count: number) =>
  Array.from({ length: count }, () => `p${++paragraphs}. ${SENTENCES}End of p${paragraphs}.\n\n`)

/** How far the end is below what can be seen. */
const below = ({ log }: Chat) =>
  log.evaluate((log) => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight))
const top = ({ log }: Chat) => log.evaluate((log) => Math.round(log.scrollTop))
/** A paragraph is painted in pieces where that takes long. */
const lastParagraph = () => `End of p${paragraphs}.`

type Fed = ReturnType<typeof fedAnswer>

/** More of the answer, which is painted when this is over. */
async function grow(chat: Chat, fed: Fed, count = 3): Promise<void> {
  fed.say(...text(count))
  await chat.answers.last().getByText(lastParagraph()).waitFor({ state: 'attached' })
  await frames(chat)
}

const frames = ({ page }: Chat) =>
  page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  )

/** An answer that is longer than what can be seen, and still comes. */
async function flowing(chat: Chat): Promise<Fed> {
  const fed = fedAnswer()
  chats.upstream.next(fed.script)
  await chat.ask()
  await grow(chat, fed, 12)
  await poll(() => below(chat)).toBeLessThanOrEqual(1)
  return fed
}

/** Where it is once no scrolling goes on by itself. */
const resting = ({ log }: Chat) =>
  log.evaluate(
    (log) =>
      new Promise<number>((done) => {
        let [place, frames] = [log.scrollTop, 0]
        const look = () => {
          frames = log.scrollTop === place ? frames + 1 : 0
          place = log.scrollTop
          if (frames === 10) done(Math.round(place))
          else requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      }),
  )

/** Records where it is in each frame from now on. */
async function recordPlaces({ log }: Chat): Promise<() => Promise<number[]>> {
  const places = await log.evaluateHandle((log) => {
    const places: number[] = []
    const record = () => {
      places.push(Math.round(log.scrollTop))
      requestAnimationFrame(record)
    }
    requestAnimationFrame(record)
    return places
  })
  return () => places.jsonValue()
}

/** Puts the mouse over the text. */
async function hover(chat: Chat): Promise<void> {
  await chat.log.hover()
}

test('the end is followed, whatever grows there', async () => {
  const chat = await chats.visit()
  const fed = await flowing(chat)
  for (let i = 0; i < 5; i++) {
    await grow(chat, fed)
    expect([await below(chat), await chat.latest.isVisible()]).toEqual([expect.closeTo(0, 0), false])
  }
  fed.say('```js\n')
  for (let i = 0; i < 30; i++) fed.say(`let line${i} = ${i}\n`)
  await chat.answers.getByText('line29').waitFor()
  await frames(chat)
  expect(await below(chat)).toBeLessThanOrEqual(1)
  fed.say('```\n\nThe end.')
  fed.end()
  await chat.ended()
  await frames(chat)
  // The buttons below the answer too.
  expect(await below(chat)).toBeLessThanOrEqual(1)
  await chat.page.setViewportSize({ width: 600, height: 500 })
  await poll(() => below(chat)).toBeLessThanOrEqual(1)
})

describe('scrolling up stops it', () => {
  test.each<[string, (chat: Chat) => Promise<void>]>([
    [
      'by the wheel',
      async (chat) => {
        await hover(chat)
        await chat.page.mouse.wheel(0, -300)
      },
    ],
    [
      'by the wheel, little by little',
      async (chat) => {
        await hover(chat)
        for (let i = 0; i < 10; i++) await chat.page.mouse.wheel(0, -1)
      },
    ],
    [
      'by the wheel, in four steps of 3 px',
      async (chat) => {
        await hover(chat)
        for (let i = 0; i < 4; i++) await chat.page.mouse.wheel(0, -3)
      },
    ],
    [
      'by the keyboard',
      async (chat) => {
        await chat.log.focus()
        await chat.page.keyboard.press('PageUp')
      },
    ],
    [
      'by touch',
      async (chat) => {
        const session = await chat.page.context().newCDPSession(chat.page)
        const { x = 0, y = 0 } = (await chat.log.boundingBox()) ?? {}
        const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...down: number[]) =>
          session.send('Input.dispatchTouchEvent', {
            type,
            touchPoints: down.map((down) => ({ x: x + 100, y: y + 150 + down })),
          })
        await touch('touchStart', 0)
        for (let down = 5; down < 200; down += 15) await touch('touchMove', down)
        await touch('touchEnd')
      },
    ],
  ])('%s, and “New text below” takes it up again', async (_, scrollUp) => {
    const chat = await chats.visit('', { hasTouch: true })
    const fed = await flowing(chat)
    let grows = true
    // Text comes all the while, as it does from a model.
    const growing = (async () => {
      while (grows) {
        fed.say(...text(1))
        await setTimeout(30)
      }
    })()
    await scrollUp(chat)
    await chat.latest.waitFor().finally(() => {
      grows = false
    })
    await growing
    await chat.answers.getByText(lastParagraph()).waitFor({ state: 'attached' })
    const place = await resting(chat)
    await grow(chat, fed)
    expect(await top(chat)).toBe(place)
    expect(await below(chat)).toBeGreaterThan(100)
    await chat.latest.click()
    expect([await below(chat), await chat.latest.isVisible()]).toEqual([expect.closeTo(0, 0), false])
    expect(await chat.focused()).toBe('log')
    await grow(chat, fed)
    expect(await below(chat)).toBeLessThanOrEqual(1)
  })

  test('and down to the end takes it up again too', async () => {
    const chat = await chats.visit()
    const fed = await flowing(chat)
    await hover(chat)
    await chat.page.mouse.wheel(0, -300)
    await poll(() => below(chat)).toBeGreaterThan(100)
    // Nothing has come since.
    expect(await chat.latest.isVisible()).toBe(false)
    await grow(chat, fed)
    await chat.latest.waitFor()
    await chat.page.mouse.wheel(0, 10_000)
    await poll(() => chat.latest.isVisible()).toBe(false)
    await grow(chat, fed)
    expect(await below(chat)).toBeLessThanOrEqual(1)
  })

  test('a little is enough: no frame moves what is read, until the reader is at the end again', async () => {
    const chat = await chats.visit()
    const fed = await flowing(chat)
    await hover(chat)
    const before = await top(chat)
    for (let i = 0; i < 4; i++) await chat.page.mouse.wheel(0, -3)
    await poll(() => top(chat)).toBe(before - 12)
    const places = await recordPlaces(chat)
    for (let i = 0; i < 5; i++) await grow(chat, fed, 1)
    // Down again, but not to the end.
    await chat.page.mouse.wheel(0, 30)
    await poll(() => top(chat)).toBe(before + 18)
    for (let i = 0; i < 5; i++) await grow(chat, fed, 1)
    // A smooth wheel passes places between these.
    const seen = await places()
    expect(seen.at(0)).toBe(before - 12)
    expect(seen.at(-1)).toBe(before + 18)
    expect(seen).toEqual(seen.toSorted((one, other) => one - other))
    await chat.page.mouse.wheel(0, 10_000)
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await grow(chat, fed)
    expect(await below(chat)).toBeLessThanOrEqual(1)
  })

  test('over a long listing at the end too: the wheel moves the answer, and never the page', async () => {
    const chat = await chats.visit()
    await chat.page.evaluate(() => {
      document.body.append(Object.assign(document.createElement('p'), { style: 'height: 3000px' }))
    })
    const fed = await flowing(chat)
    let lines = 0
    const list = async (count: number) => {
      fed.say(...Array.from({ length: count }, () => `let line${++lines} = '${'wheel '.repeat(25)}'\n`))
      await chat.answers.getByText(`line${lines} `).waitFor({ state: 'attached' })
      await frames(chat)
    }
    fed.say('```js\n')
    await list(60)
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await hover(chat)
    const isOverCode = () =>
      chat.page.evaluate(() => {
        const root = document.querySelector('millrace-chat')?.shadowRoot
        return root?.querySelector('pre')?.matches(':hover')
      })
    expect(await isOverCode()).toBe(true)
    await chat.page.mouse.wheel(0, -90)
    await poll(() => below(chat)).toBe(90)
    const places = await recordPlaces(chat)
    await list(10)
    await list(10)
    expect(new Set(await places()).size).toBe(1)
    await chat.page.mouse.wheel(0, 10_000)
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await list(10)
    expect(await below(chat)).toBeLessThanOrEqual(1)
    // To the side, the listing itself is moved.
    await chat.page.mouse.wheel(200, 0)
    await poll(() => chat.page.locator('pre').evaluate((pre) => pre.scrollLeft)).toBe(200)
    await list(10)
    expect(await below(chat)).toBeLessThanOrEqual(1)
    await chat.page.mouse.wheel(0, 300)
    await frames(chat)
    expect(await chat.page.evaluate(() => scrollY)).toBe(0)
  })

  test('and the answer’s end does not', async () => {
    const chat = await chats.visit()
    const fed = await flowing(chat)
    await hover(chat)
    await chat.page.mouse.wheel(0, -300)
    await poll(() => below(chat)).toBeGreaterThan(100)
    const place = await resting(chat)
    await grow(chat, fed)
    fed.end()
    await chat.ended()
    await frames(chat)
    expect([await top(chat), await chat.latest.isVisible()]).toEqual([place, true])
    await chat.latest.click()
    await hover(chat)
    await chat.page.mouse.wheel(0, -300)
    await poll(() => below(chat)).toBeGreaterThan(100)
    // All that there is has been seen.
    expect(await chat.latest.isVisible()).toBe(false)
  })
})

test('text that is being selected stays where it is', async () => {
  const chat = await chats.visit()
  const fed = await flowing(chat)
  const box = await chat.log.boundingBox()
  const [x, y] = [(box?.x ?? 0) + 200, (box?.y ?? 0) + (box?.height ?? 0) / 2]
  await chat.page.mouse.move(x, y)
  await chat.page.mouse.down()
  await chat.page.mouse.move(x + 150, y + 10)
  const place = await top(chat)
  await grow(chat, fed)
  expect([await top(chat), await chat.latest.isVisible()]).toEqual([place, true])
  await chat.page.mouse.up()
  expect((await chat.page.evaluate(() => String(getSelection()))).length).toBeGreaterThan(0)
  // A question that is asked now goes to the end all the same.
  fed.end()
  await chat.ended()
  const next = fedAnswer(...text(1))
  chats.upstream.next(next.script)
  await chat.ask('And?')
  await chat.answers.getByText(lastParagraph()).waitFor()
  await poll(() => below(chat)).toBeLessThanOrEqual(1)
})

describe('who looks elsewhere meanwhile', () => {
  test('finds the list’s conversation again at its place, and the end if it was there', async () => {
    const chat = await chats.visit()
    const fed = await flowing(chat)
    await chat.toggleList()
    fed.say(...text(3))
    await chat.toggleList()
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await hover(chat)
    await chat.page.mouse.wheel(0, -300)
    await poll(() => below(chat)).toBeGreaterThan(100)
    const place = await resting(chat)
    await grow(chat, fed)
    await chat.toggleList()
    await chat.toggleList()
    await frames(chat)
    expect(await top(chat)).toBe(place)
    await grow(chat, fed)
    expect([await top(chat), await chat.latest.isVisible()]).toEqual([place, true])
  })

  test('opens the launcher again at the end', async () => {
    const chat = await chats.visit('launcher open')
    const fed = await flowing(chat)
    const [bubble, close] = [chat.page.locator('#launcher'), chat.page.locator('#close')]
    await close.click()
    fed.say(...text(5))
    await poll(async () => (await chat.told('millrace-delta')).at(-1)?.text).toContain(lastParagraph())
    await bubble.click()
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await close.click()
    fed.say(...text(5))
    fed.end()
    await poll(async () => (await chat.told('millrace-answer')).length).toBe(1)
    await bubble.click()
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await chat.answers.getByText(lastParagraph()).waitFor()
  })

  test.each([
    ['still comes', false],
    ['has ended', true],
  ])(
    'in another tab, has in the first frame all of an answer that %s; the page was told at once',
    async (_, ends) => {
      const chat = await chats.visit()
      const browser = chat.page.context().browser()
      if (!browser) throw new Error('The context has no browser.')
      const tab = await openHiddenTab(browser, chat.site)
      const fed = fedAnswer()
      chats.upstream.next(fed.script)
      await tab.evaluate(async () => {
        window.told = []
        for (const name of ['millrace-delta', 'millrace-answer'])
          document.addEventListener(name, (event) => window.told.push([name, (event as CustomEvent).detail]))
        await customElements.whenDefined('millrace-chat')
        document.querySelector('millrace-chat')?.ask('Why?')
      })
      const words = numbered(5_000)
      fed.say(...words)
      const whole = words.join('').trimEnd()
      const told = () =>
        tab.evaluate(() => window.told.map(([, detail]) => (detail as { text?: string }).text ?? '').join(''))
      await poll(async () => (await told()).trimEnd()).toBe(whole)
      if (ends) {
        fed.end()
        await poll(() => tab.evaluate(() => window.told.at(-1)?.[0])).toBe('millrace-answer')
      }
      // What renders it can come after all of it.
      const isPainted = () =>
        tab.evaluate(() => {
          const text = document.querySelector('millrace-chat')?.shadowRoot?.querySelector('.answer .text')
          return text?.hasChildNodes() ?? false
        })
      await poll(isPainted).toBe(true)
      await tab.evaluate(() => {
        if (document.visibilityState !== 'hidden') throw new Error('The tab is not hidden.')
        const frames: { text: string; below: number }[] = []
        const record = () => {
          const root = document.querySelector('millrace-chat')?.shadowRoot
          const [log, text] = [root?.querySelector('#log'), root?.querySelector('.answer .text')]
          if (!log || !text) throw new Error('There is no answer.')
          frames.push({
            text: text.textContent.trimEnd(),
            below: Math.round(log.scrollHeight - log.scrollTop - log.clientHeight),
          })
          requestAnimationFrame(record)
        }
        requestAnimationFrame(record)
        Object.assign(globalThis, { frames })
      })
      const seen = () =>
        tab.evaluate(() => (globalThis as unknown as { frames: { text: string; below: number }[] }).frames)
      expect(await seen()).toEqual([])
      await tab.show()
      await poll(async () => (await seen()).length).toBeGreaterThan(5)
      const frames = await seen()
      await tab.close()
      expect(new Set(frames.map(({ text }) => text))).toEqual(new Set([whole]))
      // A frame scrolls after its first callbacks.
      expect(Math.max(...frames.slice(1).map(({ below }) => below))).toBeLessThanOrEqual(1)
      fed.end()
    },
  )

  test('sees the end after a reload, of another conversation, and of an answer that comes anew', async () => {
    const chat = await chats.visit()
    chats.upstream.next(answer(text(20)))
    await chat.ask('one')
    await chat.ended()
    await chat.page.reload()
    await chat.answers.getByText(lastParagraph()).waitFor()
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await chat.begin()
    chats.upstream.next(answer(text(30)))
    await chat.ask('two')
    await chat.ended()
    await chat.open('one')
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
    await hover(chat)
    await chat.page.mouse.wheel(0, -1_000)
    await poll(() => below(chat)).toBeGreaterThan(100)
    const fed = fedAnswer()
    chats.upstream.next(fed.script)
    await chat.action('Answer again').click()
    await chats.upstream.call(3)
    await grow(chat, fed, 12)
    await poll(() => below(chat)).toBeLessThanOrEqual(1)
  })
})
