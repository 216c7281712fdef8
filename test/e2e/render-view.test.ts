/** What a page shows through a view: collected, shortened, and however long. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { SHAPES } from '../bench/render/shapes.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()
const mixed = (chars: number) => SHAPES.mixed?.(chars) ?? ''

test('a view collects deltas while the page is busy, and shows all at the end', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(async () => {
    const { createMarkdownView, labels, answer } = millrace
    const seen: string[] = []
    const onPaint = () => seen.push(answer.innerHTML)
    const view = createMarkdownView(answer, { labels, onPaint })
    view.append('*a')
    view.append(' b*')
    seen.push(answer.innerHTML)
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve))
    view.append(' c **d')
    view.end()
    view.append('# anew')
    view.clear()
    seen.push(answer.innerHTML)
    view.append('again')
    view.end()
    return seen
  })
  expect(seen).toEqual(['', '<p><em>a b</em></p>', '<p><em>a b</em> c **d</p>', '', '<p>again</p>'])
})

test('an answer is shortened in place, and may go on', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(async (text) => {
    const { createMarkdownView, createRenderer, labels, answer } = millrace
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const blocks = () => [...answer.querySelectorAll('main > :not(.part), .part > *')]
    function rendered(text: string, ended: boolean): string {
      const element = document.createElement('div')
      const renderer = createRenderer(element, { labels })
      renderer.write(text)
      if (ended) renderer.end()
      return element.innerHTML
    }
    const wrong: string[] = []
    const whole = rendered(text, false)
    const ended = rendered(text, true)
    let kept = 0
    let painted = 0
    const view = createMarkdownView(answer, { labels, onPaint: () => painted++ })
    for (let cut = 0; cut < text.length; cut += 211) {
      view.clear()
      view.append(text)
      while (answer.innerHTML !== whole) await frame()
      view.append(' This is never shown.')
      const before = blocks()
      const paints = painted
      view.shorten(text.slice(0, cut))
      if (painted !== paints + 1) wrong.push(`painted at ${cut}`)
      if (answer.innerHTML !== rendered(text.slice(0, cut), false)) wrong.push(`cut at ${cut}`)
      const same = blocks().filter((block, index) => block === before[index]).length
      if (same < blocks().length - 2) wrong.push(`${same} of ${blocks().length} kept at ${cut}`)
      kept += same
      for (let at = cut; at < text.length; at += 500) {
        view.append(text.slice(at, at + 500))
        await frame()
      }
      view.end()
      if (answer.innerHTML !== ended) wrong.push(`went on from ${cut}`)
    }
    return { wrong, kept }
  }, mixed(6000))
  expect(seen.wrong).toEqual([])
  expect(seen.kept).toBeGreaterThan(200)
})

test.each([
  ['One two three', 'One two '],
  ['One **two** three', 'One **two'],
  ['| a | b', '| a'],
  ['- [x] done', '- [x'],
  ['One\n\nTwo **three** four', 'One\n\nTwo **three'],
  ['[a]: /b\nc', '[a]: '],
])('of %j what is left as %j is what it would be alone, and goes on so', async (text, left) => {
  const page = await rendering.open()
  const seen = await page.evaluate(
    ([text, left]) => {
      const { createMarkdownView, labels, answer } = millrace
      const html = (...steps: (string | { shorten: string })[]) => {
        const view = createMarkdownView(answer, { labels })
        view.clear()
        for (const step of steps) {
          if (typeof step === 'string') view.append(step)
          else view.shorten(step.shorten)
        }
        view.end()
        return answer.innerHTML
      }
      const shorten = { shorten: left }
      return {
        shown: [html(text, shorten), html(text, shorten, ' and so on.')],
        alone: [html(left), html(`${left} and so on.`)],
      }
    },
    [text, left] as const,
  )
  expect(seen.shown).toEqual(seen.alone)
})

test('what is selected before the end that was taken back stays selected', async () => {
  const page = await rendering.open()
  const selected = await page.evaluate(() => {
    const { createMarkdownView, labels, answer } = millrace
    const view = createMarkdownView(answer, { labels })
    view.append('one two three\n\n> four\n\n- five\n\nsix seven')
    view.end()
    const text = answer.querySelector('p')?.firstChild
    if (text) getSelection()?.setBaseAndExtent(text, 4, text, 7)
    view.shorten('one two three\n\n> four\n\n- fi')
    return [String(getSelection()), answer.textContent]
  })
  expect(selected).toEqual(['two', 'one two threefourfi'])
})

test('a long table shows its last rows at its end', async () => {
  const page = await rendering.open()
  const rows = await page.evaluate(
    (text) => {
      const { createRenderer, labels, answer } = millrace
      const renderer = createRenderer(answer, { labels })
      const count = () => answer.querySelectorAll('tbody tr').length
      renderer.write(text)
      const shown = count()
      renderer.write('\nend')
      return { lines: text.trim().split('\n').length - 2, shown, all: count() }
    },
    `${(SHAPES.table?.(20_000) ?? '').replace(/\n.*$/, '\n')}\n`,
  )
  expect(rows.all).toBe(rows.lines)
  expect(rows.shown / rows.lines).toBeGreaterThan(0.95)
})

test('the columns of a long table hold still, and what is wider is broken', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const widths = () =>
      Array.from(answer.querySelectorAll('th'), (cell) => cell.getBoundingClientRect().width)
    const row = (number: number) => `| ${number} | ${'word '.repeat(number % 7)} | \`code\` |\n`
    renderer.write('| number | words | code |\n|---|---|---|\n')
    for (let number = 0; number < 95; number++) renderer.write(row(number))
    const before = widths()
    for (let number = 95; number < 200; number++) renderer.write(row(number))
    renderer.write(`| 200 | ${'long '.repeat(40)} | ${'x'.repeat(200)} |\n\nend`)
    renderer.end()
    const cells = [...answer.querySelectorAll('tr:last-child td')]
    const fit = cells.every((cell) => cell.scrollWidth <= cell.clientWidth + 1)
    return { moved: widths().map((width, index) => Math.abs(width - (before[index] ?? 0)) > 1), fit }
  })
  expect(seen).toEqual({ moved: [false, false, false], fit: true })
})

test('a long answer looks as if it were not in parts', async () => {
  const page = await rendering.open()
  const heights = await page.evaluate(
    (text) => {
      const { createRenderer, labels, answer } = millrace
      // What was not yet in view has only about its height.
      const sheet = new CSSStyleSheet()
      sheet.replaceSync('.markdown > * { content-visibility: visible !important }')
      document.adoptedStyleSheets.push(sheet)
      const renderer = createRenderer(answer, { labels })
      renderer.write(text)
      renderer.end()
      const parts = answer.querySelectorAll('.part').length
      const inParts = answer.offsetHeight
      for (const part of answer.querySelectorAll('.part')) part.replaceWith(...part.childNodes)
      return { parts, inParts, flat: answer.offsetHeight }
    },
    `${mixed(15_000)}\n\n${SHAPES.list?.(3000)}`,
  )
  expect(heights.parts).toBeGreaterThan(4)
  expect(heights.inParts).toBe(heights.flat)
})

test('a long list is a list to who hears it', async () => {
  const page = await rendering.open('')
  await page.addScriptTag({
    content: await readFile(createRequire(import.meta.url).resolve('axe-core'), 'utf8'),
  })
  const heard = await page.evaluate(async () => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const items = Array.from({ length: 100 }, (_, index) => `${index + 1}. item\n   - [ ] task\n`)
    renderer.write(`# Title\n\n${items.join('')}\n\`\`\`js\na\n\`\`\`\n\n| a | b |\n|---|---|\n| c | d |\n\n`)
    renderer.end()
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(answer)
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  })
  expect(heard).toEqual([])
  expect(await page.getByRole('listitem').count()).toBe(200)
})
