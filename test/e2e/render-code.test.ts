/** Code: coloured without a change in the page, and copied. */
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

const CODE = "```js\nconst a = 'b' // c\nfunction d() {\n  return 12\n}\n"

/** What is coloured in the page, as `kind:text`, in the order of the text. */
function colours(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...CSS.highlights]
      .flatMap(([name, highlight]) =>
        Array.from(highlight, ({ startContainer, startOffset, endOffset }) => ({
          at: startOffset,
          text: `${name.replace('millrace-', '')}:${startContainer.textContent?.slice(startOffset, endOffset)}`,
        })),
      )
      .sort((a, b) => a.at - b.at)
      .map(({ text }) => text),
  )
}

const COLOURS = [
  'keyword:const',
  'definition:a',
  "string:'b'",
  'comment:// c',
  'keyword:function',
  'definition:d',
  'keyword:return',
  'literal:12',
]

test('code is coloured line by line, and a selection in it stays', async () => {
  const page = await rendering.open()
  await page.evaluate(() => {
    const { createMarkdownView, labels, answer } = millrace
    const view = createMarkdownView(answer, { labels })
    view.append("```js\nconst a = 'b' // c\nfunc")
    Object.assign(globalThis, { view })
  })
  await expect.poll(() => colours(page)).toEqual(COLOURS.slice(0, 4))
  await page.evaluate(() => {
    const { answer } = millrace
    const { view } = globalThis as unknown as { view: ReturnType<typeof millrace.createMarkdownView> }
    const text = answer.querySelector('pre code')?.firstChild
    if (!text) throw new Error('There is no code.')
    getSelection()?.setBaseAndExtent(text, 6, text, 13)
    const kinds = new Set<string>()
    new MutationObserver((records) => {
      for (const { type } of records) kinds.add(type)
    }).observe(answer, { subtree: true, childList: true, characterData: true })
    view.append('tion d() {\n  return 12\n}')
    Object.assign(globalThis, { kinds })
  })
  await expect.poll(() => colours(page)).toEqual(COLOURS)
  expect(await page.evaluate('[...kinds]')).toEqual(['characterData'])
  expect(await page.evaluate(() => String(getSelection()))).toBe("a = 'b'")
})

test('in a shadow root too, with several views, until it leaves the page or the view', async () => {
  const page = await rendering.open()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.evaluate(async (code) => {
    const { createMarkdownView, labels } = millrace
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(await (await fetch('/markdown.css')).text())
    document.documentElement.style.colorScheme = 'light dark'
    const views = ['one', 'two'].map((id) => {
      const host = document.createElement('div')
      host.id = id
      document.body.append(host)
      const root = host.attachShadow({ mode: 'open' })
      root.adoptedStyleSheets = [sheet]
      const place = document.createElement('div')
      place.className = 'markdown'
      root.append(place)
      const view = createMarkdownView(place, { labels })
      view.append(code)
      view.end()
      return view
    })
    Object.assign(globalThis, { views })
  }, CODE)
  const count = async () => (await colours(page)).length
  await expect.poll(count).toBe(2 * COLOURS.length)

  const colourOf = (kind: string) =>
    page.locator('#one').evaluate((host, kind) => {
      const code = host.shadowRoot?.querySelector('pre code')
      return code && getComputedStyle(code, `::highlight(millrace-${kind})`).color
    }, kind)
  expect(await colourOf('keyword')).toBe('rgb(143, 45, 124)')
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await colourOf('keyword')).toBe('rgb(229, 154, 214)')

  await page.evaluate(() => {
    const { views } = globalThis as unknown as { views: { clear(): void }[] }
    views[0]?.clear()
  })
  await expect.poll(count).toBe(COLOURS.length)
  await page.evaluate(() => {
    document.body.style.paddingTop = '3000px'
  })
  await expect.poll(count).toBe(0)
  await page.evaluate(() => scrollTo(0, 3000))
  await expect.poll(count).toBe(COLOURS.length)
  await page.locator('#two').evaluate((host) => host.remove())
  await expect.poll(count).toBe(0)
})

test('the same is coloured however the text is cut', async () => {
  const page = await rendering.open()
  await page.setViewportSize({ width: 800, height: 3000 })
  const text = `${Array.from({ length: 60 }, (_, line) => `const a${line} = 'b' // ${line}`).join('\n')}\n`
  const seen: string[][] = []
  for (const step of [1, 7, text.length]) {
    await page.evaluate(
      async ([text, step]) => {
        const { createRenderer, labels, answer } = millrace
        answer.replaceChildren()
        const renderer = createRenderer(answer, { labels })
        renderer.write('```ts\n')
        for (let at = 0; at < text.length; at += step) {
          renderer.write(text.slice(at, at + step))
          if (at % 70 === 0) await new Promise((resolve) => setTimeout(resolve))
        }
        renderer.end()
      },
      [text, step] as const,
    )
    await expect.poll(async () => (await colours(page)).includes('comment:// 59')).toBe(true)
    seen.push(await colours(page))
  }
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toEqual(seen[0])
})

test('nothing is loaded but for a language that is known, and where it can be coloured', async () => {
  const page = await rendering.open()
  const loaded: string[] = []
  page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
  await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const unknown = '```\na\n```\n```constructor\na\n```\n```mermaid\na\n```\n    a\n\n`a`'
    renderer.write(`${unknown}\n\n\`\`\`JS\nlet a\n\`\`\``)
    renderer.end()
  })
  await expect.poll(() => colours(page)).toEqual(['keyword:let', 'definition:a'])
  // The highlighter and the language.
  expect(loaded).toHaveLength(2)

  const other = await rendering.open()
  other.on('request', (request) => loaded.push(request.url()))
  await other.evaluate(() => delete (CSS as { highlights?: unknown }).highlights)
  loaded.length = 0
  await other.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    createRenderer(answer, { labels }).write('```js\nlet a\n```\n')
  })
  expect(loaded).toEqual([])
})

test('the host may load the highlighter in its own way, and without it code is code', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(async () => {
    const { createRenderer, labels, answer } = millrace
    const asked: string[] = []
    const loadHighlighter = (language: string) => {
      asked.push(language)
      return Promise.reject(new Error('It is gone.'))
    }
    const renderer = createRenderer(answer, { labels, loadHighlighter })
    renderer.write('```Python\na = 1\n```\n\n```text\nb\n```')
    renderer.end()
    await new Promise((resolve) => setTimeout(resolve))
    return { asked, code: answer.querySelector('code')?.textContent }
  })
  expect(seen).toEqual({ asked: ['python'], code: 'a = 1\n' })
})

const LISTING = Array.from({ length: 200 }, (_, index) => `line ${index}  of a listing`).join('\n')

/** In a shadow root, as in the widget. */
async function openListing(): Promise<Page> {
  const page = await rendering.open()
  await page.evaluate((listing) => {
    const { createMarkdownView, labels, answer } = millrace
    const place = document.createElement('div')
    answer.attachShadow({ mode: 'open' }).append(place)
    const view = createMarkdownView(place, { labels })
    view.append(`\`\`\`text\n${listing}\n\`\`\`\n`)
    view.end()
  }, LISTING)
  await page.getByText('text', { exact: true }).waitFor()
  return page
}

test('a long listing is read and copied as one', async () => {
  const page = await openListing()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const read = await page.locator('pre code').evaluate((code) => ({
    text: code.textContent,
    flows: code.querySelectorAll('span').length,
  }))
  expect(read.text).toBe(`${LISTING}\n`)
  expect(read.flows).toBeGreaterThan(2)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${LISTING}\n`)
})

describe('apostrophes, quotes and tabs', () => {
  const QUOTED = `def plot():\n\tit = 'that\u2019s "it"'\n\t\treturn it, \\'\\', \`\${it}\`  \n\n\tend`

  /** Over plain HTTP a page has no clipboard of its own. */
  async function overHttp(page: Page): Promise<void> {
    await page.route('http://plain.example/**', async (route) => {
      const url = route.request().url().replace('http://plain.example', rendering.url)
      await route.fulfill({ response: await route.fetch({ url }) })
    })
    await page.goto('http://plain.example/')
    await page.waitForFunction(() => 'millrace' in globalThis)
    expect(await page.evaluate(() => [isSecureContext, 'clipboard' in navigator])).toEqual([false, false])
  }

  async function show(page: Page): Promise<void> {
    await page.evaluate((code) => {
      const { createMarkdownView, labels, answer } = millrace
      const view = createMarkdownView(answer, { labels })
      view.append(`\`\`\`text\n${code}\n\`\`\`\n`)
      view.end()
    }, QUOTED)
  }

  /** What a paste brings. */
  async function pasted(page: Page): Promise<string> {
    await page.evaluate(() => document.body.appendChild(document.createElement('textarea')).focus())
    await page.keyboard.press('ControlOrMeta+v')
    return page.locator('textarea').last().inputValue()
  }

  test.each([
    ['with a clipboard', false],
    ['over plain HTTP', true],
  ])('are copied as they are, %s', async (_, isPlain) => {
    const page = await rendering.open()
    if (isPlain) await overHttp(page)
    else await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await show(page)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await pasted(page)).toBe(`${QUOTED}\n`)
    // And by hand.
    await page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector('pre') as Element))
    await page.keyboard.press('ControlOrMeta+c')
    expect((await pasted(page)).trimEnd()).toBe(QUOTED)
  })

  test('that can’t be copied over plain HTTP are selected, and the button says so', async () => {
    const page = await rendering.open()
    await overHttp(page)
    await show(page)
    await page.evaluate(() => {
      document.execCommand = () => false
    })
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Not copied' }).waitFor()
    expect((await page.evaluate(() => String(getSelection()))).trimEnd()).toBe(QUOTED)
  })
})

test('it is copied where the page may not write to the clipboard', async () => {
  const page = await openListing()
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('No.', 'NotAllowedError'))
  })
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  await page.context().grantPermissions(['clipboard-read'])
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${LISTING}\n`)
})

test('where it can’t be copied at all, the button says so, and the code is selected', async () => {
  const page = await openListing()
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('No.', 'NotAllowedError'))
    document.execCommand = () => false
  })
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Not copied' }).waitFor()
  const selected = await page.locator('main').evaluate((host) => {
    const root = host.shadowRoot as unknown as { getSelection?(): Selection } | null
    return String(root?.getSelection?.() ?? getSelection())
  })
  expect(selected.trimEnd()).toBe(LISTING)
})

describe('a character that is not seen', () => {
  const [OVERRIDE, ZERO, TAG, JOINER] = ['\u202e', '\u200b', '\u{e0041}', '\u200d']
  const WORD = '\u0645\u200c\u0645'
  const TEXT = [
    `In a line: \`rm${ZERO} -rf ${OVERRIDE}x\`, and \`${WORD}\`.`,
    '',
    '```js',
    `let a${JOINER} = '${WORD}'${TAG}`,
    `// ${OVERRIDE}b`,
    'const c = 1',
    '```',
    '',
  ].join('\n')
  const BLOCK = `let a = '${WORD}'\n// b\nconst c = 1\n`

  /** @param step how many code units come at once */
  async function openHidden(step = TEXT.length): Promise<Page> {
    const page = await rendering.open()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(
      ([text, step]) => {
        const { createRenderer, labels, answer } = millrace
        const renderer = createRenderer(answer, { labels })
        for (let at = 0; at < text.length; at += step) renderer.write(text.slice(at, at + step))
        renderer.end()
      },
      [TEXT, step] as const,
    )
    return page
  }

  test.each([1, TEXT.length])('is a sign with a name in all code, %i at once', async (step) => {
    const page = await openHidden(step)
    const signs = page.getByRole('img', { name: /^Hidden character U\+/ })
    expect(
      await signs.evaluateAll((all) => all.map((sign) => sign.getAttribute('title')?.slice(17))),
    ).toEqual(['U+200B', 'U+202E', 'U+200D', 'U+E0041', 'U+202E'])
    const drawn = signs.first().evaluate((sign) => getComputedStyle(sign, '::before').content)
    expect(await drawn).toBe('"U+200B"')
    expect((await signs.first().boundingBox())?.width).toBeGreaterThan(20)
    expect(await page.locator('p code').allTextContents()).toEqual(['rm -rf x', WORD])
    expect(await page.locator('pre code').textContent()).toBe(BLOCK)
    // On the lines on which they are.
    const lines = await page.locator('pre .hidden-character').evaluateAll((all) =>
      all.map((sign) => {
        const code = sign.closest('code') as Element
        return Math.floor((sign.getBoundingClientRect().top - code.getBoundingClientRect().top) / 20)
      }),
    )
    expect(lines.map((line) => line - (lines[0] ?? 0))).toEqual([0, 0, 1])
    await expect.poll(() => colours(page)).toEqual(expect.arrayContaining(['keyword:let', 'keyword:const']))
  })

  test('is not copied, by the button or by hand', async () => {
    const page = await openHidden()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await copied()).toBe(BLOCK)
    await page.evaluate(() => getSelection()?.selectAllChildren(millrace.answer))
    await page.keyboard.press('Control+C')
    const all = await copied()
    expect(all).toContain('rm -rf x')
    expect(all).toContain(BLOCK.trimEnd())
    for (const hidden of [OVERRIDE, ZERO, TAG, JOINER, 'U+']) expect(all).not.toContain(hidden)
    const html = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read()
      return (await item?.getType('text/html'))?.text() ?? ''
    })
    for (const hidden of [OVERRIDE, ZERO, TAG, JOINER]) expect(html).not.toContain(hidden)
  })
})
