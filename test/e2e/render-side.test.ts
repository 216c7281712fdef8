/** Which side each block takes: that of its first strong character outside of code. */
import { expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

/** The text, and each element's name and side, where it differs from the side around it. */
const CASES: [name: string, markdown: string, sides: string][] = [
  ['a paragraph in English', 'One', 'main ltr'],
  ['a paragraph in Arabic', 'مرحبا', 'main rtl'],
  ['code does not count', '`npm` مرحبا', 'main rtl'],
  ['Arabic in code does not count', '`مرحبا` one', 'main ltr'],
  ['a block of code does not count', '```\none\n```\n\nمرحبا', 'main rtl'],
  ['a formula does not count', '$$\nx\n$$\n\nمرحبا', 'main rtl'],
  ['a link counts', '[مرحبا](https://a.test)', 'main rtl'],
  ['bold text counts', '**123 مرحبا** one', 'main rtl'],
  ['nothing with a side', '123 `code`', ''],
  ['one paragraph differs', 'One\n\nمرحبا\n\nTwo', 'main ltr, p rtl'],
  ['a heading', 'One\n\n# مرحبا\n\nمرحبا\n===', 'main ltr, h1 rtl, h1 rtl'],
  ['a list, by its first item', 'One\n\n- 1\n- مرحبا\n- two', 'main ltr, ul rtl'],
  ['a list in a list stands at its side', '1. مرحبا\n   - React\n\n   React', 'main rtl'],
  ['a quote and a paragraph in it', 'One\n\n> مرحبا\n>\n> Two', 'main ltr, blockquote rtl, p ltr'],
  ['a table', 'One\n\n|مرحبا|two|\n|-|-|\n|three|4|', 'main ltr, div rtl'],
  ['a quote in an item', '- One\n\n  > مرحبا', 'main ltr, blockquote rtl'],
]

test.each(CASES)('%s', async (_, markdown, expected) => {
  const page = await rendering.open()
  const sides = await page.evaluate((markdown) => {
    const { createRenderer, labels, answer } = millrace
    return [[markdown], [...markdown]].map((parts) => {
      answer.replaceChildren()
      answer.removeAttribute('dir')
      const renderer = createRenderer(answer, { labels })
      for (const part of parts) renderer.write(part)
      renderer.end()
      const all = [answer, ...answer.querySelectorAll('[dir]')].filter((element) =>
        element.hasAttribute('dir'),
      )
      return all.map((element) => `${element.localName} ${element.getAttribute('dir')}`).join(', ')
    })
  }, markdown)
  expect(sides).toEqual([expected, expected])
})

test('a cleared view has no side, and a shortened one that of what is left', async () => {
  const page = await rendering.open()
  const sides = await page.evaluate(() => {
    const { createMarkdownView, labels, answer } = millrace
    const sides: (string | null)[] = []
    const see = () => sides.push(answer.getAttribute('dir'))
    const view = createMarkdownView(answer, { labels })
    view.append('1\n\n2\n\nمرحبا')
    view.shorten('1\n\n2\n\nمر')
    see()
    view.shorten('1\n\n2\n\n')
    see()
    view.append('one')
    view.end()
    see()
    view.clear()
    see()
    return sides
  })
  expect(sides).toEqual(['rtl', null, 'ltr', null])
})

test('in right-to-left text code reads from left to right, and items and cells stand at the side of the whole', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    renderer.write('شغّل `a.b(1)-c` الآن\n\n- مرحبا\n- React!\n\n|مرحبا|س|\n|-|-:|\n|React!|1|\n')
    renderer.end()
    const code = answer.querySelector('code')?.firstChild
    const charAt = (index: number) => {
      const range = document.createRange()
      range.setStart(code as Text, index)
      range.setEnd(code as Text, index + 1)
      return range.getBoundingClientRect().left
    }
    const places = Array.from({ length: code?.textContent?.length ?? 0 }, (_, index) => charAt(index))
    const edges = (element: Element | undefined) => {
      const text = document.createRange()
      if (element) text.selectNodeContents(element)
      const { left, right } = text.getBoundingClientRect()
      const box = element?.getBoundingClientRect()
      return left - (box?.left ?? 0) > (box?.right ?? 0) - right ? 'right' : 'left'
    }
    const marks = [...answer.querySelectorAll('li')].map((item) => getComputedStyle(item).direction)
    return {
      inOrder: places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0)),
      items: [...answer.querySelectorAll('li')].map(edges),
      cells: [...answer.querySelectorAll('td')].map(edges),
      marks,
    }
  })
  expect(seen).toEqual({
    inOrder: true,
    items: ['right', 'right'],
    cells: ['right', 'left'],
    marks: ['rtl', 'rtl'],
  })
})
