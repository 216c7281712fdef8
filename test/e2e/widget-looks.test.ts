/** What docs/WIDGET.md says that a site can style: all of it can be, and there is nothing else. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { OWN, useEmbedding } from '../support/embedding.ts'
import { ALL_KINDS } from '../support/markdown-of-all-kinds.ts'
import { begin, complete, messageEvents, numbered, named as wireOf } from '../support/responses.ts'
import { end, inOrder, send } from '../support/script.ts'
import { answer, begun, failing } from '../support/scripts.ts'

const site = useEmbedding()
/** A chat that takes pictures, and whose answers rest on documents and have code to run. */
const informed = useEmbedding({
  TOOLS: JSON.stringify([{ type: 'file_search', vector_store_ids: ['vs_1'] }]),
  VISITOR_FIELDS: 'input_image',
  RUN_CODE: 'on',
  VISITOR_DAILY_TOKENS: '10000000',
})

/** An answer with Markdown of all kinds and a source, which ends once the test says so. */
function informedAnswer() {
  const place = { output_index: 0, content_index: 0, item_id: 'msg_1', annotation_index: 0 }
  const annotation = { type: 'file_citation', file_id: 'file_1', filename: 'hours.md', index: 3 }
  const [added, part, delta, ...rest] = messageEvents([ALL_KINDS])
  const cite = { type: 'response.output_text.annotation.added', ...place, annotation }
  const said = [...begin(), added, part, delta, cite].filter((event) => event !== undefined)
  const wire = numbered(complete([...said, ...rest])).map(wireOf)
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const script = inOrder(begun(wire.slice(0, said.length)), () => over, send(...wire.slice(said.length)), end)
  return { script, end: resolve }
}

const looks =
  readFileSync(`${ROOT}docs/WIDGET.md`, 'utf8')
    .split('\n## ')
    .find((part) => part.startsWith('Looks')) ?? ''
const [ofProperties = '', ofParts = ''] = looks.split('`::part()`')
/** What stands in the first column of a table. */
const named = (table: string, name: RegExp) =>
  table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[0] ?? '').matchAll(name)].map(([, found = '']) => found))
const PROPERTIES = named(ofProperties, /`(--millrace-[\w-]+)`/g)
const PARTS = named(ofParts, /`([\w-]+)`/g)

test('each part that is documented is there, and can be styled; no other is', async () => {
  expect(PARTS.length).toBeGreaterThan(15)
  const css = PARTS.map(
    (part, index) => `millrace-chat::part(${part}) { scroll-margin-top: ${index + 1}px }`,
  ).join('\n')
  const chat = await informed.visit(
    OWN + informed.script('data-launcher data-starters="One?" data-dictation data-run'),
    { css },
  )
  const { page, bubble, panel, ask, ended } = chat
  const seen = new Map<string, boolean>()
  /** @param late the parts that may come a moment later */
  const look = async (...late: string[]) => {
    for (const part of late) await page.locator(`[part=${part}]`).last().waitFor({ state: 'attached' })
    const parts = await page
      .locator('millrace-chat')
      .evaluate((chat) =>
        [...(chat.shadowRoot?.querySelectorAll('[part]') ?? [])].map((element) => [
          element.getAttribute('part') ?? '',
          getComputedStyle(element).scrollMarginTop,
        ]),
      )
    for (const [part = '', styled] of parts) seen.set(part, styled === `${PARTS.indexOf(part) + 1}px`)
  }
  await bubble.click()
  await panel.waitFor()
  await chat.call((chat) => {
    chat.context = () => ({ title: 'Opening hours' })
  })
  await look('attach', 'dictate')
  const informing = informedAnswer()
  informed.upstream.next(informing.script, failing(404, { code: 'model_not_found' }))
  await ask()
  await chat.begun()
  await look()
  informing.end()
  await ended()
  await chat.call((chat) => chat.suggest(['And now?']))
  await look('page-context', 'suggestion', 'run-code')
  await ask('And then?')
  await page.locator('.trouble-card').waitFor()
  await look()
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(PARTS.map((part) => [part, true])))
})

/** A value of each, and where it is to be seen. */
const VALUES: Record<string, [value: string, element: string, property: string, seen: string]> = {
  '--millrace-accent': ['rgb(1, 2, 3)', '#send', 'background-color', 'rgb(1, 2, 3)'],
  '--millrace-on-accent': ['rgb(2, 3, 4)', '#send', 'color', 'rgb(2, 3, 4)'],
  '--millrace-paper': ['rgb(3, 4, 5)', '#panel', 'background-color', 'rgb(3, 4, 5)'],
  '--millrace-surface': ['rgb(4, 5, 6)', '#composer', 'background-color', 'rgb(4, 5, 6)'],
  '--millrace-ink': ['rgb(5, 6, 7)', '#panel', 'color', 'rgb(5, 6, 7)'],
  '--millrace-ink-soft': ['rgb(6, 7, 8)', '#list', 'color', 'rgb(6, 7, 8)'],
  '--millrace-line': ['rgb(7, 8, 9)', '#panel', 'border-top-color', 'rgb(7, 8, 9)'],
  '--millrace-font': ['fantasy', '#question', 'font-family', 'fantasy'],
  '--millrace-mono': ['cursive', '.text pre code', 'font-family', 'cursive'],
  '--millrace-font-size': ['20px', '#panel', 'font-size', '20px'],
  '--millrace-radius': ['3px', '#panel', 'border-top-left-radius', '3px'],
  '--millrace-width': ['333px', '#panel', 'width', '333px'],
  '--millrace-height': ['444px', '#panel', 'height', '444px'],
  '--millrace-gap': ['33px', '#launcher', 'right', '33px'],
  '--millrace-z-index': ['77', '#launcher', 'z-index', '77'],
}

test('each custom property that is documented does what it says, on the element and on what it is in', async () => {
  expect(PROPERTIES.toSorted()).toEqual(Object.keys(VALUES).toSorted())
  const values = Object.entries(VALUES).map(([name, [value]]) => `${name}: ${value};`)
  const half = values.length / 2
  const css = `:root { ${values.slice(0, half).join(' ')} } millrace-chat { ${values.slice(half).join(' ')} }`
  const { page, bubble, ask, ended } = await site.visit(OWN + site.script('data-launcher'), { css })
  site.upstream.next(answer([ALL_KINDS]))
  await bubble.click()
  await ask()
  await ended()
  await page.locator('.text pre').waitFor()
  // There is something to send.
  await page.locator('#question').fill('And then?')
  const there: Record<string, string> = {}
  for (const [name, [, element, property]] of Object.entries(VALUES)) {
    there[name] = await page
      .locator(element)
      .first()
      .evaluate((element, property) => getComputedStyle(element).getPropertyValue(property), property)
  }
  there['of links'] = await page
    .locator('.text a')
    .first()
    .evaluate((link) => getComputedStyle(link).color)
  expect(there).toEqual({
    'of links': 'rgb(1, 2, 3)',
    ...Object.fromEntries(Object.entries(VALUES).map(([name, [, , , seen]]) => [name, seen])),
  })
})

test('and there are no others', () => {
  const used = ['look', 'frame', 'dock', 'bubble', 'popup', 'list', 'turn', 'answer', 'print'].flatMap(
    (sheet) => [
      ...readFileSync(`${ROOT}client/widget/style/${sheet}.css`, 'utf8').matchAll(
        /var\(\s*(--millrace-[\w-]+)/g,
      ),
    ],
  )
  expect([...new Set(used.map(([, name]) => name))].toSorted()).toEqual(PROPERTIES.toSorted())
})
