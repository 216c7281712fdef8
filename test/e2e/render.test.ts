/** What Markdown becomes in a real page: the same elements as CommonMark's own, however its text is cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EXAMPLES, READ_OTHERWISE, SHOWN_OTHERWISE } from '../client/render/examples.ts'
import { cutAt, pieceLengths, randomMarkdown } from '../client/render/random-markdown.ts'
import { useRendering } from '../support/rendering.ts'

const rendering = useRendering()

/** The test itself makes elements of HTML, to compare with. */
const NO_POLICY = ''

test('CommonMark’s examples are the same elements', async () => {
  const page = await rendering.open(NO_POLICY)
  await page.route('**', (route) =>
    route.request().resourceType() === 'image'
      ? route.fulfill({ contentType: 'image/svg+xml', body: '' })
      : route.continue(),
  )
  const wrong = await page.evaluate((examples) => {
    const { createRenderer, labels } = millrace
    /** Without what only this renderer adds, and without white space around blocks. */
    function strip(root: Element): Element {
      for (const box of root.querySelectorAll('.code')) box.replaceWith(...box.querySelectorAll('pre'))
      for (const link of root.querySelectorAll('a[data-address]')) {
        const title = link.getAttribute('title')?.split('\n').slice(1).join('\n')
        if (title) link.setAttribute('title', title)
        else link.removeAttribute('title')
      }
      for (const name of [
        'rel',
        'target',
        'part',
        'data-address',
        'tabindex',
        'loading',
        'referrerpolicy',
        'dir',
      ]) {
        root.removeAttribute(name)
        for (const element of root.querySelectorAll(`[${name}]`)) element.removeAttribute(name)
      }
      root.normalize()
      const blocks = 'p,h1,h2,h3,h4,h5,h6,ul,ol,li,blockquote,pre,hr,div'
      const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
      const all: Text[] = []
      while (texts.nextNode()) all.push(texts.currentNode as Text)
      for (const text of all) {
        if (text.parentElement?.closest('pre')) continue
        const { previousSibling: before, nextSibling: after } = text
        const isBlock = (node: Node | null) => node instanceof Element && node.matches(blocks)
        const inBlock = text.parentElement?.matches(blocks)
        if ((!before && inBlock) || isBlock(before)) text.data = text.data.trimStart()
        if ((!after && inBlock) || isBlock(after)) text.data = text.data.trimEnd()
        if (text.data === '') text.remove()
      }
      return root
    }
    function rendered(parts: Iterable<string>): Element {
      const root = document.createElement('div')
      const allowed = { relativeLinks: true, imageOrigins: [location.origin] }
      const renderer = createRenderer(root, { labels, ...allowed })
      for (const part of parts) renderer.write(part)
      renderer.end()
      return strip(root)
    }
    const wrong: { number: number; got: string; expected: string }[] = []
    for (const { number, markdown, html } of examples) {
      const expected = document.createElement('div')
      expected.innerHTML = html
      strip(expected)
      for (const got of [rendered([markdown]), rendered(markdown)]) {
        if (got.isEqualNode(expected)) continue
        wrong.push({ number, got: got.innerHTML, expected: expected.innerHTML })
        break
      }
    }
    return wrong
  }, EXAMPLES)
  const known = { ...READ_OTHERWISE, ...SHOWN_OTHERWISE }
  expect(wrong.filter(({ number }) => !(number in known))).toEqual([])
  expect(wrong.map(({ number }) => number)).toEqual(Object.keys(known).map(Number))
})

test('any text in any pieces becomes the same elements', async () => {
  const page = await rendering.open()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(randomMarkdown, pieceLengths), { minLength: 40, maxLength: 40 }),
      async (texts) => {
        const cuts = texts.map(([text, lengths]) => [[text], [...cutAt(text, [1])], cutAt(text, lengths)])
        const wrong = await page.evaluate((cuts) => {
          const { createRenderer, labels } = millrace
          function rendered(parts: string[]): HTMLElement {
            const root = document.createElement('div')
            const renderer = createRenderer(root, { labels, relativeLinks: true })
            for (const part of parts) renderer.write(part)
            renderer.end()
            return root
          }
          return cuts.flatMap((ways) => {
            const [whole, ...others] = ways.map(rendered)
            return others.every((other) => whole?.isEqualNode(other))
              ? []
              : [[ways[0], ...[whole, ...others].map((root) => root?.innerHTML)]]
          })
        }, cuts)
        expect(wrong).toEqual([])
      },
    ),
    { numRuns: 25 },
  )
})
