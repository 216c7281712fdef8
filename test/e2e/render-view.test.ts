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

test('a code block has its language and a button that copies it', async () => {
  const page = await rendering.open()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(() => {
    const { createMarkdownView, labels, answer } = millrace
    const view = createMarkdownView(answer, { labels })
    view.append('```js\nconst a = 1\n\n  b()\n')
    view.end()
  })
  await page.getByText('js', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('const a = 1\n\n  b()\n')
})

test('a long listing is read and copied as one', async () => {
  const page = await rendering.open()
  const code = Array.from({ length: 200 }, (_, index) => `line ${index} of a listing`).join('\n')
  const copies = await page.evaluate((code) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    renderer.write(`\`\`\`\n${code}\n\`\`\``)
    renderer.end()
    const element = answer.querySelector('code')
    getSelection()?.selectAllChildren(element ?? answer)
    return [element?.textContent, String(getSelection()), String(element?.querySelectorAll('span').length)]
  }, code)
  expect(copies[0]).toBe(`${code}\n`)
  expect(copies[1]?.trimEnd()).toBe(code)
  expect(Number(copies[2])).toBeGreaterThan(2)
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
