import { expect, test } from 'vitest'
import { renderTree } from './examples.ts'
import type { Node } from './tree.ts'

/** Containers and spans, with the elements around them. */
const MOST = 250

test.each([
  ['quotes', '>'.repeat(2000)],
  ['lists', `${'- '.repeat(2000)}a`],
  ['numbered lists', '1. '.repeat(2000)],
  ['quotes and lists', '> - '.repeat(1000)],
  ['emphasis', `${'*a **b '.repeat(500)}${'c** d* '.repeat(500)}`],
])('%s are nested only so deep, and the rest is text', (_, nested) => {
  const tree = renderTree([`${nested}\nend`])
  expect(depthOf(tree)).toBeGreaterThan(50)
  expect(depthOf(tree)).toBeLessThan(MOST)
  expect(textOf(tree)).toContain('end')
})

test('what is too deep is the same in any pieces, and what comes after it is nested again', () => {
  const text = `${'> '.repeat(120)}${'- '.repeat(120)}\n${'*a **b '.repeat(120)}${'c** d* '.repeat(120)}\n\n> *end*`
  expect(renderTree(text)).toEqual(renderTree([text]))
  expect(renderTree([text]).children.at(-1)).toMatchObject({
    kind: 'quote',
    children: [{ kind: 'paragraph', children: [{ kind: 'emphasis', children: ['end'] }] }],
  })
})

function depthOf(node: Node): number {
  const depths = node.children.map((child) => (typeof child === 'string' ? 0 : depthOf(child)))
  return 1 + Math.max(0, ...depths)
}

function textOf(node: Node): string {
  return node.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('')
}
