/** No text of a model runs a script or makes a request, however it is disguised and wherever it is cut. */
import { expect, test } from 'vitest'
import { useRendering } from '../support/rendering.ts'
import { XSS_CASES } from '../support/xss-cases.ts'

const rendering = useRendering()

/** Of each element, the attributes that it may have. */
const ALLOWED: Record<string, string[]> = {
  ...Object.fromEntries(
    'p h1 h2 h3 h4 h5 h6 blockquote ul hr em strong del br table thead tbody tr'
      .split(' ')
      .map((tag) => [tag, ['class', 'part']]),
  ),
  a: ['href', 'title', 'rel', 'target', 'data-address', 'part'],
  button: ['type', 'part'],
  code: ['class'],
  div: ['class', 'part', 'tabindex'],
  input: ['type', 'disabled', 'checked', 'aria-label'],
  li: ['class'],
  ol: ['start'],
  pre: ['tabindex'],
  span: ['class', 'part', 'title', 'data-spoken', 'data-loading', 'tabindex'],
  td: ['align'],
  th: ['align'],
}

/** Of the elements of formulas. Styles are set one by one, as the policy allows. */
const ALLOWED_IN_FORMULAS =
  'accent class columnalign depth display displaystyle encoding fence form height largeop linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowspacing rspace scriptlevel separator stretchy style symmetric voffset width'.split(
    ' ',
  )

/** With the policy nothing could run anyway: the other page has none. */
test.each(['under the strict policy', 'without a policy'])(
  '%s, at every cut',
  async (name) => {
    const page = await rendering.open(name === 'without a policy' ? '' : undefined)
    const found = await page.evaluate(
      async ([cases, allowed, allowedInFormulas]) => {
        const { createRenderer, createFormula, labels, answer } = millrace
        const violations: string[] = []
        document.addEventListener('securitypolicyviolation', (event) => violations.push(event.blockedURI))
        const problems = new Set<string>()

        function check(text: string): void {
          for (const element of answer.querySelectorAll('*')) {
            const isMath = element.namespaceURI === 'http://www.w3.org/1998/Math/MathML'
            const isHtml = element.namespaceURI === 'http://www.w3.org/1999/xhtml'
            const names = isMath ? allowedInFormulas : isHtml ? allowed[element.localName] : undefined
            if (!names) problems.add(`<${element.localName}> of ${JSON.stringify(text)}`)
            for (const { name, value } of element.attributes) {
              if (!names?.includes(name)) problems.add(`${name}="${value}" of ${JSON.stringify(text)}`)
            }
          }
          for (const link of answer.querySelectorAll('a')) {
            if (!link.hasAttribute('href')) continue
            const followed = ['http:', 'https:', 'mailto:'].includes(link.protocol)
            if (!followed) problems.add(`${link.href} of ${JSON.stringify(text)}`)
            if (link.rel !== 'noopener noreferrer nofollow') problems.add(`rel of ${JSON.stringify(text)}`)
          }
        }

        for (const text of cases) {
          for (let cut = 0; cut < text.length; cut++) {
            answer.replaceChildren()
            const renderer = createRenderer(answer, {
              labels,
              relativeLinks: true,
              imageOrigins: [],
              createFormula,
            })
            for (const part of [text.slice(0, cut), text.slice(cut)]) {
              renderer.write(part)
              check(text)
            }
            renderer.end()
            check(text)
          }
          // What was built is also used.
          for (const element of answer.querySelectorAll<HTMLElement>('*')) {
            for (const type of ['mouseover', 'pointerover', 'focus', 'error', 'load', 'toggle']) {
              element.dispatchEvent(new Event(type))
            }
          }
          // By now its formulas are shown, too.
          await new Promise((resolve) => setTimeout(resolve))
          check(text)
        }
        return { problems: [...problems], violations }
      },
      [XSS_CASES, ALLOWED, ALLOWED_IN_FORMULAS] as const,
    )
    expect(found).toEqual({ problems: [], violations: [] })
    expect(rendering.asked).toEqual([])
  },
  240_000,
)

test('what a link hides is visible', async () => {
  const page = await rendering.open()
  const links = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    renderer.write(
      [
        '[my bank](https://evil.test/a/b)',
        '[https://bank.test](https://evil.test/)',
        '[x](https://bank.test@evil.test)',
        '[x](https://xn--bnk-0ra.test)',
        '[x](mailto:a@b.test?subject=c)',
        '[x](javascript:alert(1))',
        '[x](relative)',
        'https://a.test/',
        '[a.test](https://a.test/)',
        '<a@b.test>',
        `[x](https://a.test/${'long/'.repeat(40)})`,
        `[bank.test](https://a.test/${'long/'.repeat(40)})`,
        // What says whose host it is stands at its end.
        `[x](https://bank.test.${'long-name.'.repeat(8)}evil.test/)`,
        'https://bank.test@evil.test/',
        '[me@bank.test](https://me@bank.test)',
        '[my bank](https://evil.test/a/b "https://bank.test")',
      ].join('\n\n'),
    )
    renderer.end()
    return Array.from(answer.querySelectorAll('a'), (link) => ({
      href: link.getAttribute('href'),
      title: link.title,
      shown: getComputedStyle(link, '::after').content,
    }))
  })
  const long = `a.test/${'long/'.repeat(40)}`
  expect(links).toMatchObject([
    { shown: '"evil.test"', title: 'https://evil.test/a/b' },
    { shown: '"evil.test"' },
    { shown: '"evil.test"', title: 'https://bank.test@evil.test/' },
    { shown: '"xn--bnk-0ra.test"' },
    { shown: '"a@b.test?subject=c"', title: 'mailto:a@b.test?subject=c' },
    { href: null, shown: '"javascript:alert(1)"' },
    { href: null, shown: '"relative"' },
    { href: 'https://a.test/', shown: 'none', title: '' },
    { shown: 'none' },
    { href: 'mailto:a@b.test', shown: 'none' },
    { shown: '"a.test"', title: `https://${long}` },
    { shown: expect.stringMatching(/^"a\.test\/long\/.{40,60}…"$/), title: `https://${long}` },
    { shown: expect.stringMatching(/^"….{50}evil\.test"$/) },
    { shown: '"evil.test"' },
    { shown: '"bank.test"' },
    { shown: '"evil.test"', title: 'https://evil.test/a/b\nhttps://bank.test' },
  ])
})

test('a link leads to no place in the page that its address hides', async () => {
  const page = await rendering.open()
  const links = await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const { protocol } = location
    // With the page's own scheme, these are paths; with another one, they are addresses.
    renderer.write(`[a](${protocol}/logout) [b](${protocol}account/delete?x=1) [c](${protocol}//a.test/)`)
    renderer.end()
    return Array.from(answer.querySelectorAll('a'), (link) => link.getAttribute('href'))
  })
  expect(links).toEqual([null, null, expect.stringContaining('//a.test/')])
})

test('no sign of direction turns an address around', async () => {
  const page = await rendering.open()
  await page.evaluate(() => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels })
    const link = '[o](https://moc.bank.test/)'
    const image = '![o](https://moc.bank.test/a.png)'
    renderer.write(`${link}\n\n\u202e${link}\n\n${image}\n\n\u202e${image}`)
    renderer.end()
  })
  const pictures = async (selector: string) => {
    const found = await page.locator(selector).all()
    return Promise.all(found.map(async (each) => (await each.screenshot()).toString('base64')))
  }
  const [link, turnedLink] = await pictures('a')
  expect(turnedLink).toBe(link)
  const [address, turnedAddress] = await pictures('.address')
  expect(turnedAddress).toBe(address)
})

test('an image is loaded only from where the host allows it', async () => {
  const page = await rendering.open()
  const { url } = rendering
  await page.route('**/ok.png', (route) => route.fulfill({ contentType: 'image/svg+xml', body: '' }))
  const html = await page.evaluate(async (origin) => {
    const { createRenderer, labels, answer } = millrace
    const renderer = createRenderer(answer, { labels, imageOrigins: [origin] })
    const text = `![a *b*](https://evil.test/x.png "t") ![c](${origin}/ok.png) ![](data:image/png;base64,AA==)`
    // Also while its address is half there.
    for (const char of text) renderer.write(char)
    renderer.end()
    await new Promise((resolve) => setTimeout(resolve, 200))
    return { text: answer.textContent, images: answer.querySelectorAll('img').length }
  }, url)
  expect(html.text).toContain('a b https://evil.test/x.png')
  expect(html.text).toContain('data:image/png;base64,AA==')
  expect(html.images).toBe(1)
  await expect.poll(() => rendering.asked).toEqual([`${url}/ok.png`])
})
