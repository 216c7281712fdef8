/** What a screen reader is told of an answer while it arrives: its sentences, each once and in order. */
import fc from 'fast-check'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import type { Heard, Step } from '../support/announcing-page.ts'
import { startBrowser } from '../support/browser.ts'
import { taskTimeOf } from '../support/task-time.ts'

const TEN_MINUTES = 600_000

let browser: Browser
let page: Page

beforeAll(async () => {
  browser = await startBrowser()
  page = await browser.newPage()
  await page.addScriptTag({ content: await bundlePage() })
})
afterAll(() => browser?.close())

interface Block {
  source: string
  spoken: string[]
}

/** As they are written, and as they are heard. */
const SENTENCES: [string, string][] = [
  ['Water turns the wheel.', 'Water turns the wheel.'],
  ['It costs 3.50 euros, i.e. little.', 'It costs 3.50 euros, i.e. little.'],
  ['Who **asked you** now?', 'Who asked you now?'],
  ['See [the old mill](https://example.org/mill), it stands!', 'See the old mill, it stands!'],
  ['Run `npm start` first.', 'Run npm start first.'],
  ['Look: ![a wheel](https://example.org/a.png) turns.', 'Look: a wheel turns.'],
  ['Lines\nare no ends.', 'Lines are no ends.'],
]
const ITEMS: [string, string][] = [
  ['**Open** the sluice', 'Open the sluice.'],
  ['Wait.', 'Wait.'],
]

const paragraphs = fc.array(fc.constantFrom(...SENTENCES), { minLength: 1, maxLength: 5 }).map(
  (sentences): Block => ({
    source: sentences.map(([source]) => source).join(' '),
    spoken: sentences.map(([, spoken]) => spoken),
  }),
)
const headings = fc.constant<Block>({ source: '## The **wheel**', spoken: ['The wheel.'] })
const lists = fc.tuple(fc.array(fc.constantFrom(...ITEMS), { minLength: 1, maxLength: 4 }), fc.boolean()).map(
  ([items, numbered]): Block => ({
    source: items.map(([source], index) => `${numbered ? `${index + 3}.` : '-'} ${source}`).join('\n'),
    spoken: items.map(([, spoken], index) => (numbered ? `${index + 3}. ${spoken}` : spoken)),
  }),
)
const tables = fc.constant<Block>({
  source: '| Part | Made of |\n| Wheel | oak |',
  spoken: ['Part, Made of.', 'Wheel, oak.'],
})
const listings = fc.integer({ min: 1, max: 4 }).map(
  (lines): Block => ({
    source: `\`\`\`python\n${Array.from({ length: lines }, (_, line) => `print("Line ${line}. Stop.")`).join('\n')}\n\`\`\``,
    spoken: [`Code, python, ${lines} lines.`],
  }),
)
const answers = fc.array(fc.oneof({ weight: 3, arbitrary: paragraphs }, headings, lists, tables, listings), {
  minLength: 1,
  maxLength: 6,
})
const chunkings = fc.oneof(
  fc.constant<number[]>([1]),
  fc.constant('words' as const),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
)
/** How long each chunk takes, from a model that is slower than a voice to one that is much faster. */
const paces = fc.constantFrom(0, 7, 90, 400)

test('the sentences of an answer are heard once, in order and whole, however it comes', async () => {
  await fc.assert(
    fc.asyncProperty(answers, chunkings, paces, async (blocks, chunking, pace) => {
      const markdown = blocks.map(({ source }) => source).join('\n\n')
      const heard = await hear([
        ...beginnings(markdown, chunking).flatMap((show) => [{ show }, { wait: pace }]),
        'end',
        { wait: TEN_MINUTES },
      ])
      expectWhole(
        heard,
        blocks.flatMap(({ spoken }) => spoken),
      )
    }),
    { numRuns: 40 },
  )
})

test('a sentence is heard while the answer still comes, as soon as the next one has begun', async () => {
  const heard = await hear([
    { show: 'Water turns the wheel. ' },
    { wait: 5000 },
    { show: 'Water turns the wheel. The' },
    { wait: 5000 },
  ])
  expect(heard.map(({ text }) => text)).toEqual(['Water turns the wheel.'])
})

test('a guess that turns out wrong makes nothing be said twice', async () => {
  const heard = await hear([
    { show: 'The **wheel turns. It gri' },
    { wait: 1000 },
    { show: 'The **wheel turns. It grinds.** Then i' },
    { wait: 1000 },
    { show: 'The **wheel turns. It grinds.** Then it rests.' },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(heard.map(({ text }) => text.replaceAll('*', ''))).toEqual([
    'The wheel turns.',
    'It grinds.',
    'Then it rests.',
  ])
})

test('boxes are named', async () => {
  const heard = await hear([{ show: '- [x] Open it\n- [ ] Shut it' }, 'end', { wait: TEN_MINUTES }])
  expect(heard.map(({ text }) => text).join(' ')).toBe('Done: Open it. To do: Shut it.')
})

test('Japanese is heard in its sentences', async () => {
  const text = '水が流れる。水車が回る。粉ができる。'
  const heard = await hear(
    [...beginnings(text, [1]).flatMap((show) => [{ show }, { wait: 300 }]), 'end', { wait: TEN_MINUTES }],
    { lang: 'ja' },
  )
  expect(heard.map(({ text }) => text)).toEqual(['水が流れる。', '水車が回る。', '粉ができる。'])
})

test('of what moderation takes back, nothing more is said, and the answer is heard from there on', async () => {
  const before = 'First one. Second one. A bad third one. A worse'
  const heard = await hear([
    { show: 'Before.\n\nFirst one. S' },
    { wait: 1000 },
    { show: `Before.\n\n${before}` },
    { show: 'Before.\n\nFirst one. Second one.' },
    'stop',
    { wait: 5000 },
    { show: 'Before.\n\nFirst one. Second one. A better third one. And a' },
    { wait: 5000 },
    { show: 'Before.\n\nFirst one. Second one. A better third one. And a fourth.' },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(heard.map(({ text }) => text)).toEqual([
    'Before. First one.',
    'A better third one.',
    'And a fourth.',
  ])
})

test('an answer that is cleared and rendered anew is not heard again', async () => {
  const answer = 'First one.\n\nSecond one. Third'
  const heard = await hear([
    { show: answer },
    { wait: 1000 },
    { show: '' },
    { show: answer },
    { wait: 5000 },
    { show: `${answer} one.` },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(heard.map(({ text }) => text)).toEqual(['First one. Second one.', 'Third one.'])
})

test('in an element that is cleared for another answer, all of that one is heard', async () => {
  const heard = await hear([
    { show: 'One.\n\nTwo. Three.' },
    { wait: 2000 },
    { show: '' },
    'stop',
    { show: 'One.\n\nFour.' },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(heard.map(({ text }) => text)).toEqual(['One. Two.', 'One. Four.'])
})

test('of an answer that goes on, the sentences that were heard before are not, and the one that was not whole is', async () => {
  const heard = await hear([
    { show: 'One.\n\nTwo. Thr' },
    'skip',
    { wait: 5000 },
    { show: 'One.\n\nTwo. Three. Four.' },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(heard.map(({ text }) => text)).toEqual(['Three. Four.'])
})

test('what is said last is said after what came, and not where the answer goes on after all', async () => {
  const sentences = Array.from({ length: 30 }, (_, index) => `This is sentence ${index}.`)
  const half = [{ show: sentences.slice(0, 20).join(' ') }, { end: 'It broke off.' }, { wait: 1000 }]
  const broken = await hear([...half, { wait: TEN_MINUTES }])
  expect(broken.map(({ text }) => text).join(' ')).toBe(`${sentences.slice(0, 20).join(' ')} It broke off.`)
  const whole = await hear([
    ...half,
    'skip',
    { wait: 1000 },
    { show: sentences.join(' ') },
    'end',
    { wait: TEN_MINUTES },
  ])
  expect(whole.map(({ text }) => text).join(' ')).toBe(sentences.join(' '))
})

test('an answer that comes much faster than it can be spoken is left to be read', async () => {
  const sentences = Array.from({ length: 1000 }, (_, index) => `This is sentence ${index}.`)
  const heard = await hear(
    [
      ...beginnings(sentences.join(' '), [1000]).flatMap((show) => [{ show }, { wait: 1000 }]),
      'end',
      { wait: TEN_MINUTES },
    ],
    { mostWaiting: 3000 },
  )
  expect(heard[0]?.text).toMatch(/^This is sentence 0\. This is sentence 1\./)
  expect(heard.at(-2)?.text).toBe('The rest can be read.')
  expect(heard.at(-1)?.text).toBe('The answer is complete: 4000 words.')
  expect(heard.length).toBeLessThan(8)
})

test('a long answer costs by its length, in one paragraph or in many', async () => {
  const spent = await taskTimeOf(page)
  const took = async (separator: string, words: number) => {
    const before = await spent()
    const announcements = await page.evaluate(
      ([separator, words]) => {
        const text = Array.from({ length: words / 5 }, (_, index) => `This is sentence number ${index}.`)
        const shows = Array.from({ length: 10 }, (_, part) =>
          text.slice(0, (text.length * (part + 1)) / 10).join(separator),
        )
        return announcing.hear(shows.flatMap((show) => [{ show }, { wait: 1000 }])).length
      },
      [separator, words] as const,
    )
    expect(announcements).toBeGreaterThan(0)
    return (await spent()) - before
  }
  for (const separator of [' ', '\n\n']) {
    // The quickest of three: garbage collection comes at random.
    const quickest = async (words: number) =>
      Math.min(await took(separator, words), await took(separator, words), await took(separator, words))
    // Four times as long; what is quadratic takes sixteen times.
    expect(await quickest(24_000)).toBeLessThan(9 * Math.max(1, await quickest(6_000)))
  }
})

test.each([
  [
    'emphasis beside Chinese',
    'zh',
    '含**「重点」**内容。**该星号不会被识别。**这是。',
    '含「重点」内容。 该星号不会被识别。 这是。',
  ],
  ['about, not struck', 'en', 'It is (~$1.50) and (~$10).', 'It is (~$1.50) and (~$10).'],
  ['a line break in a cell', 'en', '|a|b|\n|-|-|\n|one<br>two|c|\n', 'a, b. one two, c.'],
  ['a block in a block', 'en', '```markdown\n```json\n{}\n```\n```\nEnd.', 'Code, markdown, 3 lines. End.'],
  [
    'an emoji of several characters, once',
    'en',
    'The 👩‍👩‍👧‍👦 mills 👍🏽. It is **🏳️‍🌈**! See [👩‍👩‍👧‍👦](https://example.org).',
    'The 👩‍👩‍👧‍👦 mills 👍🏽. It is 🏳️‍🌈! See 👩‍👩‍👧‍👦.',
  ],
  [
    'a citation mark',
    'en',
    'It rained.\uE200cite\uE202turn0search0\uE201 It stopped.',
    'It rained. It stopped.',
  ],
  [
    'footnotes, after the text',
    'en',
    'It rained[^1]. It stopped.[^2]\n\n[^1]: In May.\n[^2]: In June.\n\nThe end[^3].',
    'It rained. It stopped. The end[^3]. 1. In May. 2. In June.',
  ],
])('of Markdown nothing is heard but words: %s', async (_, lang, markdown, expected) => {
  const heard = await page.evaluate(
    ([markdown, lang]) =>
      [[markdown], [...markdown]].map((pieces) => announcing.hearRendered(pieces, lang).join(' ')),
    [markdown, lang] as const,
  )
  expect(heard).toEqual([expected, expected])
})

test.each([
  ['The area is \\(\\pi r^2\\). It grows.', 'The area is π r to the power of 2. It grows.'],
  ['We know $E = mc^2$. Why?', 'We know E = m c to the power of 2. Why?'],
  ['So:\n\n$$\n\\frac{a}{b}. \\text{And so. On.}\n$$\n\nEnd.', 'So: a over b. And so. On. End.'],
  ['A mistake: \\(\\frac{a\\).', 'A mistake: \\(\\frac{a\\).'],
])('the formulas of %j are heard in words, once they are whole', async (markdown, expected) => {
  const hear = (pieces: string[]) =>
    page.evaluate((pieces) => announcing.hearRendered(pieces, 'en').join(' '), pieces)
  // The first formulas take the longest, and may be shown in a later task.
  await hear(['$x$ \\(\\frac{a}{b}\\)'])
  const heard = [await hear([markdown]), await hear([...markdown])]
  expect(heard).toEqual([expected, expected])
})

test('the live region gets each message as an addition, the same one too, and keeps none', async () => {
  const told = await page.evaluate(() =>
    announcing.tellRegion([['Reconnecting.'], ['Reconnecting.'], ['The answer has begun.', 'One.'], ['']]),
  )
  expect(told).toEqual({
    added: [['Reconnecting.'], ['Reconnecting.\u00a0'], ['The answer has begun.', 'One.'], []],
    left: 0,
    inShadow: true,
  })
})

function hear(steps: Step[], options: { lang?: string; mostWaiting?: number } = {}): Promise<Heard[]> {
  return page.evaluate(([steps, options]) => announcing.hear(steps, options), [steps, options] as const)
}

/** Each announcement is of whole sentences, the next ones, and none comes within a second of the one before. */
function expectWhole(heard: Heard[], sentences: string[]): void {
  let next = 0
  for (const [index, { at, text }] of heard.entries()) {
    let end = next + 1
    while (end < sentences.length && sentences.slice(next, end).join(' ').length < text.length) end++
    expect(text).toBe(sentences.slice(next, end).join(' '))
    expect(at - (heard[index - 1]?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1000)
    next = end
  }
  expect(next).toBe(sentences.length)
}

/** All that a text is while it comes. */
function beginnings(text: string, chunking: number[] | 'words'): string[] {
  const ends: number[] = []
  if (chunking === 'words') for (const { index } of text.matchAll(/\s(?=\S)/g)) ends.push(index)
  else
    for (let end = 0, turn = 0; end < text.length; turn++) {
      end += chunking[turn % chunking.length] ?? 1
      ends.push(end)
    }
  return [...ends, text.length].map((end) => text.slice(0, end))
}

async function bundlePage(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    root: ROOT,
    build: {
      write: false,
      minify: false,
      lib: { entry: `${ROOT}test/support/announcing-page.ts`, name: 'page', formats: ['iife'] },
    },
  })
  const [output] = [built].flat()
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error('The page was not bundled.')
  return chunk.code
}
