/** Pictures in questions, from the visitor's file to the model's request. */
import type { Locator, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Chat, useChats } from '../support/chats.ts'
import type { VisitorOptions } from '../support/foreign-site.ts'
import { hear, poll } from '../support/pages.ts'
import { answer, failing } from '../support/scripts.ts'

const VARS = { MAX_PART_TOKENS: '2000', MAX_INPUT_TOKENS: '40000' }
const chats = useChats({ ...VARS, VISITOR_FIELDS: 'image_url' })

interface Part {
  type: string
  text?: string
  image_url?: { url: string }
}

/** The parts of a user's message, in what the upstream got. */
const partsOf = (messages: unknown, index = -1): Part[] => {
  const users = (messages as { role: string; content: Part[] }[]).filter(({ role }) => role === 'user')
  return users.at(index)?.content ?? []
}
const urlsOf = (messages: unknown, index = -1): string[] =>
  partsOf(messages, index).flatMap(({ image_url }) => image_url?.url ?? [])

/** A picture: red on its left half, blue on its right one. */
async function draw(
  page: Page,
  width: number,
  height: number,
  type = 'image/png',
  opaque = true,
): Promise<Buffer> {
  const base64 = await page.evaluate(
    ([width, height, type, opaque]) => {
      const canvas = document.createElement('canvas')
      canvas.width = width
      canvas.height = height
      const context = canvas.getContext('2d')
      if (context && opaque) {
        context.fillStyle = '#f00'
        context.fillRect(0, 0, width / 2, height)
        context.fillStyle = '#00f'
        context.fillRect(width / 2, 0, width, height)
      }
      return canvas.toDataURL(type).replace(/^.*,/, '')
    },
    [width, height, type, opaque] as const,
  )
  return Buffer.from(base64, 'base64')
}

/** What is seen of a sent picture: its size, and the colours at its left, right, top and bottom. */
function look(page: Page, url: string) {
  return page.evaluate(async (url) => {
    const bytes = Uint8Array.from(atob(url.replace(/^.*,/, '')), (byte) => byte.charCodeAt(0))
    const bitmap = await createImageBitmap(new Blob([bytes]))
    const { width, height } = bitmap
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context?.drawImage(bitmap, 0, 0)
    const at = (x: number, y: number) => {
      const [r = 0, g = 0, b = 0] = context?.getImageData(x, y, 1, 1).data ?? []
      return r > 200 && g > 200 ? 'white' : r > 200 ? 'red' : b > 200 ? 'blue' : 'other'
    }
    const [x, y] = [width >> 1, height >> 1]
    return { width, height, colours: [at(1, y), at(width - 2, y), at(x, 1), at(x, height - 2)] }
  }, url)
}

/** The same JPEG, whose camera was held otherwise. */
function turned(jpeg: Buffer, orientation: number): Buffer {
  const tiff = [
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]
  const exif = [...Buffer.from('Exif\0\0'), ...tiff, ...Buffer.from('a secret place')]
  return Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xe1, 0, exif.length + 2, ...exif]),
    jpeg.subarray(2),
  ])
}

/** Two frames of one pixel each: red, then blue. */
const ANIMATION = Buffer.from(
  '474946383961010001008100000000ffff0000000000ffffff21ff0b4e45545343415045322e30030100000021f9040032000000' +
    '2c000000000100010000020244010021f904003200000' +
    '02c00000000010001000002024c01003b',
  'hex',
)

const file = (buffer: Buffer, name = 'picture.png', mimeType = 'image/png') => ({ name, mimeType, buffer })

async function open(
  attributes = '',
  options: VisitorOptions = {},
): Promise<Chat & { pick(...buffers: Buffer[]): Promise<void>; thumbs: () => Promise<number> }> {
  const chat = await chats.visit(attributes, options)
  await chat.box.focus()
  const input = chat.page.locator('#composer input[type=file]').first()
  await input.waitFor({ state: 'attached' })
  return {
    ...chat,
    pick: (...buffers) => input.setInputFiles(buffers.map((buffer) => file(buffer))),
    thumbs: () => chat.page.locator('#composer .pictures canvas').count(),
  }
}

test('a picture is picked, shown, sent as a small JPEG beside the words, and shown above the question', async () => {
  const chat = await open()
  const spoken = await hear(chat.page)
  await chat.pick(await draw(chat.page, 3000, 2000))
  await poll(chat.thumbs).toBe(1)
  await poll(spoken).toContain('Picture 1 is added.')
  chats.upstream.next(answer(['A flag.']))
  await chat.ask('What is it?')
  await chat.ended()
  expect(await chat.thumbs()).toBe(0)
  const [text, picture] = partsOf(chats.asked.at(-1))
  expect(text).toEqual({ type: 'text', text: 'What is it?' })
  const url = picture?.image_url?.url ?? ''
  expect(picture).toEqual({
    type: 'image_url',
    image_url: { url: expect.stringMatching(/^data:image\/jpeg;base64,/) },
  })
  const seen = await look(chat.page, url)
  expect(seen.width * seen.height).toBeLessThanOrEqual(1_000_000)
  expect(seen.width / seen.height).toBeCloseTo(1.5, 2)
  expect(seen.colours.slice(0, 2)).toEqual(['red', 'blue'])
  const shown = chat.turns.last().getByRole('img', { name: 'Picture 1' })
  await shown.waitFor()
  // It is drawn: the site's policy allows no images.
  await poll(() =>
    shown.evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
      copy?.drawImage(canvas as HTMLCanvasElement, 0, 0)
      return copy?.getImageData(1, height >> 1, 1, 1).data[0]
    }),
  ).toBeGreaterThan(200)
})

test('on a narrow phone there is room for words, and several pictures stand side by side', async () => {
  const chat = await open('position="page" dictation', {
    viewport: { width: 320, height: 640 },
    hasTouch: true,
    isMobile: true,
    init: () => Object.assign(globalThis, { SpeechRecognition: EventTarget }),
  })
  await chat.page.locator('.dictate').waitFor()
  const place = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().toJSON())
  expect((await place(chat.box)).width).toBeGreaterThan(240)
  const tops = await Promise.all(
    ['.attach:not(.camera)', '.camera', '.dictate', '#send'].map((name) => place(chat.page.locator(name))),
  )
  expect(new Set(tops.map(({ top }) => top)).size).toBe(1)
  const picture = await draw(chat.page, 400, 300)
  await chat.pick(picture, picture)
  await poll(chat.thumbs).toBe(2)
  chats.upstream.next(answer(['Two.']))
  await chat.ask()
  const shown = chat.turns.last().getByRole('img')
  await poll(() => shown.count()).toBe(2)
  const [first, second] = await Promise.all([place(shown.first()), place(shown.last())])
  expect([second.top, second.left >= first.right]).toEqual([first.top, true])
})

test('it is sent as the camera was held, without what else the file says', async () => {
  const chat = await open()
  const jpeg = await draw(chat.page, 40, 20, 'image/jpeg')
  await chat.pick(turned(jpeg, 6), turned(jpeg, 3))
  await poll(chat.thumbs).toBe(2)
  chats.upstream.next(answer(['Two.']))
  await chat.ask()
  await chat.ended()
  const [right = '', over = ''] = urlsOf(chats.asked.at(-1))
  expect(await look(chat.page, right)).toMatchObject({ width: 20, height: 40 })
  expect((await look(chat.page, right)).colours.slice(2)).toEqual(['red', 'blue'])
  expect((await look(chat.page, over)).colours.slice(0, 2)).toEqual(['blue', 'red'])
  expect(Buffer.from(right.replace(/^.*,/, ''), 'base64').includes('secret')).toBe(false)
})

test('what is transparent becomes white, and an animation its first picture', async () => {
  const chat = await open()
  await chat.pick(await draw(chat.page, 20, 20, 'image/png', false), ANIMATION)
  await poll(chat.thumbs).toBe(2)
  chats.upstream.next(answer(['Two.']))
  await chat.ask()
  await chat.ended()
  const [clear = '', animated = ''] = urlsOf(chats.asked.at(-1))
  expect((await look(chat.page, clear)).colours).toEqual(Array(4).fill('white'))
  expect(await look(chat.page, animated)).toMatchObject({ width: 1, height: 1 })
})

test('it is pasted from the clipboard, and dropped on the panel; text is pasted as text', async () => {
  const chat = await open()
  const { page, box } = chat
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await box.focus()
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas')
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve))
    if (blob) await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })])
  })
  await page.keyboard.press('Control+v')
  await poll(chat.thumbs).toBe(1)
  expect(await box.inputValue()).toBe('')
  await page.evaluate(() => navigator.clipboard.writeText('words'))
  await page.keyboard.press('Control+v')
  await poll(() => box.inputValue()).toBe('words')

  const drag = (type: string) =>
    chat.log.evaluate((log, type) => {
      const data = new DataTransfer()
      const canvas = document.createElement('canvas')
      const bytes = Uint8Array.from(atob(canvas.toDataURL().replace(/^.*,/, '')), (byte) =>
        byte.charCodeAt(0),
      )
      data.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }))
      const event = new DragEvent(type, {
        dataTransfer: data,
        bubbles: true,
        cancelable: true,
        composed: true,
      })
      log.dispatchEvent(event)
      return event.defaultPrevented
    }, type)
  expect(await drag('dragover')).toBe(true)
  await page.locator('.drop').getByText('Drop the picture here').waitFor()
  expect(await drag('drop')).toBe(true)
  await page.locator('.drop').waitFor({ state: 'hidden' })
  await poll(chat.thumbs).toBe(2)
  expect(await chat.focused()).toBe('question')
})

test('a picture without words asks what it shows; a removed one is not sent', async () => {
  const chat = await open()
  const spoken = await hear(chat.page)
  const [red, other] = [await draw(chat.page, 30, 10), await draw(chat.page, 10, 30)]
  await chat.pick(red, other)
  await poll(chat.thumbs).toBe(2)
  await chat.page.getByRole('button', { name: 'Remove picture 1' }).click()
  expect(await chat.thumbs()).toBe(1)
  await poll(spoken).toContain('Picture 1 is removed.')
  expect(await chat.focused()).toBe('Remove picture 1')
  expect(await chat.send.getAttribute('aria-disabled')).toBe('false')
  chats.upstream.next(answer(['A flag.']))
  await chat.send.click()
  await chat.ended()
  const parts = partsOf(chats.asked.at(-1))
  expect(parts.map(({ type }) => type)).toEqual(['text', 'image_url'])
  expect(parts[0]?.text).toBe('What does this picture show?')
  expect(await look(chat.page, urlsOf(chats.asked.at(-1))[0] ?? '')).toMatchObject({ width: 10, height: 30 })
})

test.each([
  [
    'no picture',
    Buffer.from('words'),
    'This picture can’t be read here. Save it as JPEG or PNG, then add it again.',
  ],
  [
    'a format that the browser doesn’t read',
    Buffer.from('00000018667479706865696300000000', 'hex'),
    'This picture can’t be read here. Save it as JPEG or PNG, then add it again.',
  ],
  ['a huge file', Buffer.alloc(50_000_001), 'This picture is too large to be sent.'],
])('%s is told, and what was typed stays', async (_, buffer, words) => {
  const chat = await open()
  const spoken = await hear(chat.page)
  await chat.box.fill('Why?')
  await chat.page
    .locator('#composer input[type=file]')
    .first()
    .evaluate(
      (input, bytes) => {
        const data = new DataTransfer()
        data.items.add(
          new File([bytes === null ? new Uint8Array(50_000_001) : new Uint8Array(bytes)], 'a.heic'),
        )
        ;(input as HTMLInputElement).files = data.files
        input.dispatchEvent(new Event('change'))
      },
      buffer.length > 1000 ? null : [...buffer],
    )
  await chat.page.locator('.picture-problem').getByText(words).waitFor()
  await poll(spoken).toContain(words)
  expect([await chat.thumbs(), await chat.box.inputValue()]).toEqual([0, 'Why?'])
})

test('there are four at the most', async () => {
  const chat = await open()
  const picture = await draw(chat.page, 10, 10)
  await chat.pick(...Array<Buffer>(5).fill(picture))
  await chat.page.getByText('No more than 4 pictures can be sent at once.').first().waitFor()
  expect(await chat.thumbs()).toBe(4)
})

test('it is sent again with a later question, with an edited one, and with a second try', async () => {
  const chat = await open()
  await chat.pick(await draw(chat.page, 10, 10))
  await poll(chat.thumbs).toBe(1)
  chats.upstream.next(failing(404, { code: 'model_not_found', message: 'No such model.' }))
  await chat.ask('one')
  await chat.retry.waitFor()
  chats.upstream.next(answer(['A flag.']))
  await chat.retry.click()
  await chat.ended()
  const first = urlsOf(chats.asked.at(-1))
  expect(first).toHaveLength(1)
  chats.upstream.next(answer(['Red.']))
  await chat.ask('two')
  await chat.ended()
  expect([urlsOf(chats.asked.at(-1), 0), partsOf(chats.asked.at(-1))]).toEqual([first, 'two'])
  chats.upstream.next(answer(['Blue.']))
  await chat.turns.first().getByRole('button', { name: 'Edit the question' }).click()
  await chat.page.locator('.editor textarea').fill('three')
  await chat.page.locator('.editor textarea').press('Enter')
  await chat.ended()
  expect(urlsOf(chats.asked.at(-1))).toEqual(first)
  await chat.turns.last().getByRole('img', { name: 'Picture 1' }).waitFor()
})

test('it is not stored: after a reload its place says so, and its question can’t be asked again without it', async () => {
  const chat = await open()
  await chat.pick(await draw(chat.page, 10, 10))
  await poll(chat.thumbs).toBe(1)
  chats.upstream.next(answer(['A flag.']))
  await chat.ask('one')
  await chat.ended()
  const stored = await chat.page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))
  expect(stored).toContain('one')
  expect(stored).not.toContain('data:image')
  expect(await chat.call((element) => element.export())).toContain('> [Picture 1]\n>\n> one')
  const json = await chat.call((element) => element.export('json'))
  expect(JSON.parse(json).turns[0].pictures).toBe(1)
  expect(json).not.toContain('data:image')

  await chat.page.reload()
  await chat.page.getByText('Picture 1, no longer kept here').waitFor()
  const asked = chats.asked.length
  await chat.action('Answer again').click()
  await chat.trouble.getByText('The pictures are no longer here').waitFor()
  expect([chats.asked.length, await chat.retry.count()]).toEqual([asked, 0])
  chats.upstream.next(answer(['Red.']))
  await chat.ask('two')
  await chat.ended()
  expect(partsOf(chats.asked.at(-1), 0)).toBe('one\n\n[Pictures no longer sent: 1]')
})

test('without the setting there is no button, and a pasted picture is left to the page', async () => {
  const chat = await plain.visit()
  await chat.box.focus()
  plain.upstream.next(answer(['Hello.']))
  await chat.ask()
  await chat.ended()
  expect(await chat.page.locator('.attach').count()).toBe(0)
  const prevented = await chat.box.evaluate((box) => {
    const data = new DataTransfer()
    data.items.add(new File([''], 'a.png', { type: 'image/png' }))
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    box.dispatchEvent(event)
    return event.defaultPrevented
  })
  expect(prevented).toBe(false)
})
const plain = useChats()

describe('by the Responses API', () => {
  const responses = useChats({
    ...VARS,
    VISITOR_FIELDS: 'input_image',
    TOOLS: '[{"type":"web_search"}]',
  })

  test('the same picture is an input_image', async () => {
    const chat = await responses.visit()
    await chat.box.focus()
    const input = chat.page.locator('#composer input[type=file]').first()
    await input.setInputFiles(file(await draw(chat.page, 10, 10)))
    await poll(() => chat.page.locator('#composer .pictures canvas').count()).toBe(1)
    await chat.ask('What is it?')
    const sent = () => responses.upstream.calls.find(({ path }) => path === '/v1/responses')?.request.input
    await poll(async () => sent()).toBeTruthy()
    expect(sent()).toEqual([
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is it?' },
          { type: 'input_image', image_url: expect.stringMatching(/^data:image\/jpeg;base64,/) },
        ],
      },
    ])
  })
})
