/** What a reader has selected stays selected, and what is finished is not touched again. */
import { expect, test } from 'vitest'
import { SHAPES } from '../bench/render/shapes.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

test('a finished block is never touched again', async () => {
  const page = await rendering.open()
  const touched = await page.evaluate((text) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const observed = new Map<Element, MutationObserver>()
    const records: string[] = []
    const collect = (observer: MutationObserver) => {
      for (const { type, target } of observer.takeRecords()) records.push(`${type} ${target.textContent}`)
    }
    for (let at = 0; at < text.length; at += 4) {
      renderer.write(text.slice(at, at + 4))
      for (const observer of observed.values()) collect(observer)
      const blocks = [...answer.querySelectorAll('main > :not(.part), .part > *')]
      for (const block of blocks.slice(0, -1)) {
        if (observed.has(block)) continue
        const observer = new MutationObserver(() => {})
        observer.observe(block, { subtree: true, childList: true, attributes: true, characterData: true })
        observed.set(block, observer)
      }
    }
    renderer.end()
    for (const observer of observed.values()) collect(observer)
    return { records, blocks: observed.size }
  }, SHAPES.mixed?.(20_000) ?? '')
  expect(touched.records).toEqual([])
  expect(touched.blocks).toBeGreaterThan(50)
})

test('an open block changes at its end alone', async () => {
  const page = await rendering.open()
  const removed = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    let removed = 0
    const observer = new MutationObserver(() => {})
    observer.observe(answer, { subtree: true, childList: true })
    // What was guessed turns out right each time: nothing that was shown is taken away.
    const text =
      'A **bold and *emphasized* text**, `code`, [a link](https://a.test "t") and ~~so~~ on.\n\n# Head *ing*\n\n- item **one**\n- item two\n\n```js\ncode\n```\n'
    for (const char of text) {
      renderer.write(char)
      for (const record of observer.takeRecords()) removed += record.removedNodes.length
    }
    renderer.end()
    return removed
  })
  expect(removed).toBe(0)
})

/** A text before which something is selected, and what comes then. */
const CASES: [name: string, before: string, selected: string, after: string][] = [
  ['in a finished paragraph', 'one two three\n\nfour', 'two', ' five\n\n> six\n'],
  ['in the open paragraph', 'one two three four', 'two three', ' **five** `six`\nseven\n\neight'],
  ['in a span of the open paragraph', 'one **two three** four five', 'two', ' *six*\nseven'],
  ['in an open code block', '```js\none two\nthree', 'two', ' four\n```\n\nfive'],
  ['in an item of a list that becomes loose', '- one two\n- three', 'two', '\n\n- four\n- five'],
  [
    'in a nested item of a list that becomes loose',
    '- one\n  - two three\n',
    'three',
    '\n  - four\n\n- five',
  ],
  ['in a paragraph that becomes a heading', 'one two three', 'two', '\n===\n\nfour'],
  ['in an item that becomes a heading', '- one two three', 'two', '\n  ---\n- four'],
  ['in a table', '| one | two |\n|---|---|\n| three | four |\n', 'three', '| five | six |\n\nseven'],
]

test.each(CASES)('a selection stays: %s', async (_, before, selected, after) => {
  const page = await rendering.open()
  const seen = await page.evaluate(
    ([before, selected, after]) => {
      const { createRenderer, labels, answer } = millrace
      const renderer = createRenderer(answer, { labels })
      renderer.write(before)
      const texts = document.createTreeWalker(answer, NodeFilter.SHOW_TEXT)
      while (texts.nextNode()) {
        const text = texts.currentNode as Text
        const at = text.data.indexOf(selected)
        if (at >= 0) getSelection()?.setBaseAndExtent(text, at, text, at + selected.length)
      }
      const seen = new Set([String(getSelection())])
      for (const char of after) {
        renderer.write(char)
        seen.add(String(getSelection()))
      }
      renderer.end()
      return [...seen.add(String(getSelection()))]
    },
    [before, selected, after] as const,
  )
  expect(seen).toEqual([selected])
})

test.each([
  ['and is one at its end', 7000, 0],
  ['also where it is too long to become one', 20_000, expect.any(Number)],
])('a long paragraph looks as if it were one flow, %s', async (_, chars, left) => {
  const page = await rendering.open()
  const looks = await page.evaluate(async (text) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const twin = document.createElement('p')
    const place = document.createElement('div')
    place.className = 'markdown'
    place.append(twin)
    document.body.append(place)
    const lines = (element: Element) => {
      const range = document.createRange()
      range.selectNodeContents(element)
      return new Set(
        Array.from(range.getClientRects(), ({ bottom }) =>
          Math.round(bottom - element.getBoundingClientRect().top),
        ),
      ).size
    }
    let asides = 0
    const wrong: number[] = []
    let selection = ''
    /** Whether it looks as the same content in one flow does. */
    const looksWhole = (paragraph: HTMLElement) => {
      twin.replaceChildren(...paragraph.cloneNode(true).childNodes)
      for (const block of twin.querySelectorAll('.lines')) block.replaceWith(...block.childNodes)
      return paragraph.offsetHeight === twin.offsetHeight && lines(paragraph) === lines(twin)
    }
    for (let at = 0; at < text.length; at += 40) {
      renderer.write(text.slice(at, at + 40))
      const paragraph = answer.querySelector('p')
      if (!paragraph) throw new Error('There is no paragraph.')
      asides = Math.max(asides, paragraph.querySelectorAll('.lines').length)
      if (at === 4000) {
        getSelection()?.setBaseAndExtent(
          paragraph.firstChild ?? paragraph,
          3,
          paragraph.firstChild ?? paragraph,
          30,
        )
        selection = String(getSelection())
      }
      if (at % 2000 === 0 && !looksWhole(paragraph)) wrong.push(at)
    }
    renderer.write('\n\nend')
    renderer.end()
    const left = answer.querySelectorAll('.lines').length
    // In another width its lines are others, also when it has ended.
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    await frame()
    document.body.style.width = '300px'
    await frame()
    const whole = answer.querySelector('p')
    if (!whole || !looksWhole(whole)) wrong.push(text.length)
    return {
      asides,
      wrong,
      left,
      text: answer.querySelector('p')?.textContent?.length,
      kept: String(getSelection()) === selection,
    }
  }, SHAPES.paragraph?.(chars) ?? '')
  expect(looks).toMatchObject({ wrong: [], left, kept: true })
  expect(looks.asides).toBeGreaterThan(5)
})
