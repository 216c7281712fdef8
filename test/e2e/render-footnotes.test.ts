/** Footnotes in a page: where they stand while the answer grows, and how a reader gets there and back. */
import { expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

const MARKDOWN =
  'One[^b] and two[^1], one again[^b].\n\n[^1]: Second.\n\n    More of it.\n[^b]: First[^c].\n[^unused]: Unused.\n[^c]: Third.\n\nThe end[^9].'

test('at the end they are numbered by their references, linked both ways, and none is lost', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate((markdown) => {
    const { createRenderer, labels, answer } = millrace
    return [[markdown], [...markdown]].map((parts) => {
      answer.replaceChildren()
      const renderer = createRenderer(answer, { labels, idPrefix: 'x' })
      for (const part of parts) renderer.write(part)
      renderer.end()
      const leads = (link: HTMLAnchorElement) => {
        link.click()
        return answer.ownerDocument.activeElement?.id
      }
      return {
        references: [...answer.querySelectorAll<HTMLAnchorElement>('sup a')].map(
          (link) => `${link.textContent} ${link.id} ${leads(link)}`,
        ),
        footnotes: [...answer.querySelectorAll('section li')].map((item) => item.textContent),
        values: [...answer.querySelectorAll('section li')].map((item) => (item as HTMLLIElement).value),
        back: [...answer.querySelectorAll<HTMLAnchorElement>('.back')].map(
          (link) => `${link.ariaLabel} ${leads(link)}`,
        ),
        text: answer.querySelector('p:nth-of-type(2)')?.textContent,
        last: answer.lastElementChild?.localName,
        hash: location.hash,
      }
    })
  }, MARKDOWN)
  expect(seen[0]).toEqual({
    references: ['1 x-1-from-1 x-1', '2 x-2-from-1 x-2', '1 x-1-from-2 x-1', '3 x-3-from-1 x-3'],
    footnotes: ['First3. ↩︎ ↩︎', 'Second.More of it. ↩︎', 'Third. ↩︎', 'Unused.'],
    values: [1, 2, 3, 4],
    back: [
      'Back to the text x-1-from-1',
      'Back to the text x-1-from-2',
      'Back to the text x-2-from-1',
      'Back to the text x-3-from-1',
    ],
    text: 'The end[^9].',
    last: 'section',
    hash: '',
  })
  expect(seen[1]).toEqual(seen[0])
})

test('while the answer grows, a reference keeps its element and number, and the text grows before the footnotes', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const removed: string[] = []
    const observer = new MutationObserver(() => {})
    observer.observe(answer, {
      subtree: true,
      childList: true,
      characterData: true,
      characterDataOldValue: true,
    })
    const collect = () => {
      for (const { removedNodes, target, oldValue } of observer.takeRecords()) {
        removed.push(...Array.from(removedNodes, (node) => node.textContent ?? ''))
        if (oldValue !== null && !target.textContent?.startsWith(oldValue)) removed.push(oldValue)
      }
    }
    for (const char of 'One[^1], two[^2].\n\n[^1]: First.\n[^2]: Second.\n\nThe **text** goes on[^1].') {
      renderer.write(char)
      collect()
    }
    const before = [...answer.children].map(({ localName }) => localName)
    const first = answer.querySelector('sup')
    const links = answer.querySelectorAll('[href]').length
    renderer.end()
    collect()
    return {
      removed,
      before,
      links,
      same: answer.querySelector('sup') === first,
      after: answer.querySelectorAll('[href]').length,
    }
  })
  expect(seen).toEqual({ removed: [], before: ['p', 'p', 'section'], links: 0, same: true, after: 6 })
})

test('two answers in a tree have footnotes of their own, and a shortened one goes on', async () => {
  const page = await rendering.open()
  const seen = await page.evaluate(() => {
    const { createMarkdownView, labels, answer } = millrace
    const places = [0, 1].map(() => document.createElement('div'))
    answer.append(...places)
    const [first, second] = places.map((place) => createMarkdownView(place, { labels }))
    for (const view of [first, second]) {
      view?.append('One[^1].\n\nTwo.\n\n[^1]: First.\n\nThree is taken back.')
      view?.end()
    }
    second?.shorten('One[^1].\n\nTwo.\n\n[^1]: First.\n\n')
    second?.append('Four[^2].\n\n[^2]: Second.')
    second?.end()
    const ids = [...answer.querySelectorAll('[id]')].map(({ id }) => id)
    return {
      unique: new Set(ids).size === ids.length,
      ids: ids.length,
      text: places[1]?.textContent,
    }
  })
  expect(seen).toEqual({ unique: true, ids: 6, text: 'One1.Two.Four2.First. ↩︎Second. ↩︎' })
})
