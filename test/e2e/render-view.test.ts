import { expect, test } from 'vitest'
import { SHAPES } from '../bench/render/shapes.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

test('a view collects deltas until the next frame, and shows all at the end', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(async () => {
    const { createMarkdownView, labels, answer } = millrace
    const view = createMarkdownView(answer, { labels })
    const seen: string[] = []
    view.append('*a')
    view.append(' b*')
    seen.push(answer.innerHTML)
    await new Promise((resolve) => requestAnimationFrame(resolve))
    seen.push(answer.innerHTML)
    view.append(' c **d')
    view.end()
    seen.push(answer.innerHTML)
    view.append('# anew')
    view.clear()
    seen.push(answer.innerHTML)
    view.append('again')
    view.end()
    seen.push(answer.innerHTML)
    return seen
  })
  expect(seen).toEqual(['', '<p><em>a b</em></p>', '<p><em>a b</em> c **d</p>', '', '<p>again</p>'])
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
