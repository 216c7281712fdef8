import { describe, expect, test } from 'vitest'
import {
  attributesOf,
  COLORS,
  problemsOf,
  propertiesOf,
  type TagSettings,
  tagOf,
} from '../../../client/page/embed/tag.ts'

const RELEASE = { origin: 'https://mill.example', version: '1.2.3', integrity: 'sha384-abc+/=' }

const settings = (more: Partial<TagSettings> = {}): TagSettings => ({
  heading: '',
  avatar: '',
  greeting: '',
  starters: '',
  placement: 'bubble',
  model: '',
  lang: '',
  speed: false,
  math: false,
  dictation: false,
  colors: {},
  ...more,
})

describe('the tag', () => {
  test('of an empty form is the one of the documentation, pinned or not', () => {
    expect(tagOf(settings(), RELEASE, true)).toBe(
      `<script type="module" src="https://mill.example/v/1.2.3/widget.js"
  integrity="sha384-abc+/=" crossorigin
  data-launcher></script>`,
    )
    expect(tagOf(settings(), RELEASE, false)).toBe(
      `<script type="module" src="https://mill.example/widget.js"
  data-launcher></script>`,
    )
  })

  test('of a full form has every setting, and the colours in a style', () => {
    const full = settings({
      heading: 'The mill',
      avatar: 'https://mill.example/logo.png',
      greeting: 'Good day.',
      starters: 'One?\nTwo?',
      placement: 'bottom-left',
      model: 'gpt-test',
      lang: 'de',
      speed: true,
      math: true,
      dictation: true,
      colors: { accent: '#7a1f3d', line: 'rgb(0 0 0 / 20%)' },
    })
    expect(tagOf(full, RELEASE, false)).toBe(
      `<style>
  millrace-chat {
    --millrace-accent: #7a1f3d;
    --millrace-line: rgb(0 0 0 / 20%);
  }
</style>
<script type="module" src="https://mill.example/widget.js"
  data-launcher
  data-heading="The mill"
  data-avatar="https://mill.example/logo.png"
  data-greeting="Good day."
  data-starters="One?|Two?"
  data-position="bottom-left"
  data-model="gpt-test"
  data-lang="de"
  data-speed
  data-math
  data-dictation></script>`,
    )
  })

  test.each([
    ['inline', '\n<millrace-chat\n  heading="The mill"></millrace-chat>'],
    ['page', '\n<millrace-chat\n  heading="The mill"\n  position="page"></millrace-chat>'],
  ] as const)('that is no launcher has an element: %s', (placement, end) => {
    const tag = tagOf(settings({ heading: 'The mill', placement }), RELEASE, false)
    expect(tag).toBe(`<script type="module" src="https://mill.example/widget.js"></script>${end}`)
  })
})

test.each([
  ['a quote', 'Say "hi"', 'Say &quot;hi&quot;'],
  ['the end of a script', '</script><script>x</script>', '&lt;/script&gt;&lt;script&gt;x&lt;/script&gt;'],
  ['an ampersand', 'Q&A', 'Q&amp;A'],
  ['what looks escaped', '&lt; &quot;', '&amp;lt; &amp;quot;'],
  ['an apostrophe', "the mill’s, the mill's", "the mill’s, the mill's"],
  ['lines', 'Good day.\r\nAsk.\rYes\n', 'Good day.&#10;Ask.&#10;Yes'],
  ['Arabic', 'مرحبا', 'مرحبا'],
  ['spaces around it', '  hi  ', 'hi'],
])('%s is copied so that it is read back as it was', (_, greeting, written) => {
  expect(tagOf(settings({ greeting }), RELEASE, false)).toContain(`data-greeting="${written}"`)
})

test('what is empty, or the default, is left out', () => {
  expect(attributesOf(settings({ heading: ' ', starters: '\n \n', placement: 'inline' }))).toEqual([])
  expect(propertiesOf(settings({ colors: { accent: ' ' } }))).toEqual([])
})

describe('a value that can not be written', () => {
  const isColor = () => true

  test.each([
    ['#7a1f3d'],
    ['rgb(122 31 61 / 50%)'],
    ['light-dark(#fff, #000)'],
    ['oklch(40.1% 0.123 21.57)'],
    ['var(--brand)'],
    ['rebeccapurple'],
  ])('%s is a colour', (accent) => {
    expect(problemsOf(settings({ colors: { accent } }), isColor)).toEqual({})
  })

  test.each([
    ['red; } body { display: none'],
    ['red/* </style><script> */'],
    ['var(--x, </style>)'],
    ['url("x")'],
    ['red\\'],
    ['red /* x'],
  ])('%s is none, whatever CSS says', (accent) => {
    expect(problemsOf(settings({ colors: { accent } }), isColor).accent).toContain(`“${accent}”`)
  })

  test('what CSS refuses is named, in every field', () => {
    const colors = Object.fromEntries(COLORS.map((color) => [color, 'reddish']))
    expect(Object.keys(problemsOf(settings({ colors }), () => false))).toEqual([...COLORS])
  })

  test.each([
    ['https://mill.example/logo.png', undefined],
    ['data:image/png;base64,AA==', undefined],
    ['logo.png', expect.stringContaining('“logo.png”')],
    ['http://mill.example/logo.png', expect.any(String)],
    ['javascript:alert(1)', expect.any(String)],
  ])('the picture %s', (avatar, problem) => {
    expect(problemsOf(settings({ avatar }), isColor).avatar).toEqual(problem)
  })

  test('a starter with the separator in it is named', () => {
    expect(problemsOf(settings({ starters: 'One?\nTwo | three?' }), isColor).starters).toContain(
      '“Two | three?” has a |',
    )
  })
})
