/**
 * `npm run screenshots`: writes pictures of the widget in all its states to test/screenshots, for review, and
 * those of the README to docs/pictures. With `-- dark phone`, only those whose name has one of these words.
 */
import { mkdir } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { buildClient } from '../../scripts/build-client.ts'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'
import { startBrowser } from './browser.ts'
import { startMillrace } from './millrace.ts'
import { takePicture, takeRace } from './readme-pictures.ts'
import { hang } from './script.ts'
import { answer, failing } from './scripts.ts'
import { startSite, strictPolicy } from './site.ts'
import { startUpstream } from './upstream.ts'

const FOLDER = `${ROOT}test/screenshots`

const ANSWER = `## Why a millrace

A **millrace** brings the *full force* of a stream to the wheel: narrow, steep and \`straight\`. See
[the county's survey](https://example.com/mills/survey) and https://example.org.

1. Dam the stream.
2. Cut the race:
   - [x] of oak
   - [ ] of stone
3. Open the sluice.

\`\`\`python
def power(flow, head, efficiency=0.7):
    """Watts, of litres a second and metres."""
    return flow * head * 9.81 * efficiency  # P = ρ·g·Q·h
\`\`\`

| wheel | head | efficiency |
|:--|--:|--:|
| overshot | 6 m | 85 % |
| undershot | 1 m | 25 % |

> The miller never sleeps while the water runs.

![The wheel](https://images.example.com/wheel.jpg)
`

const SHORT_ANSWER = `A *race* is old English for a strong current. A **millrace** is the channel that brings it to
the wheel:

| wheel | head | efficiency |
|:--|--:|--:|
| overshot | 6 m | 85 % |
| undershot | 1 m | 25 % |
`

const PROGRAMS = `The power of a wheel, from its head and flow:

\`\`\`python
def power(flow, head, efficiency=0.7):
    """Watts, of litres a second and metres."""
    return flow * head * 9.81 * efficiency

for head in (1, 3, 6):
    print(f"{head} m: {power(200, head):7.0f} W")
power(200, "6")
\`\`\`

And a page of it:

\`\`\`html
<label>Head <input type="range" min="1" max="6" oninput="w.value = Math.round(this.value * 1373) + ' W'"></label>
<output id="w">4119 W</output>
\`\`\`
`

/** A site's text in outlines. */
const OUTLINES = `h1, p { color: transparent; background: repeating-linear-gradient(
  light-dark(#e9eceb, #262c2d) 0 0.625rem, transparent 0 1.8rem) } h1 { width: 12rem; height: 0.625rem }`

const HOSTILE = `* { all: unset !important; text-transform: uppercase !important; letter-spacing: 4px !important }
button { display: none !important } html { font-size: 60px }`

interface Shot {
  name: string
  /** The attributes of the script tag. */
  tag?: string
  lang?: string
  css?: string
  context?: BrowserContextOptions
  /** Takes what is below the window, too. */
  whole?: boolean
  /** Its name among the README's pictures. */
  picture?: string
  /** Shows the state, once the page has the widget. */
  show(page: Page): Promise<void>
}

const DESKTOP = { viewport: { width: 1200, height: 800 } }
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
const DARK = { colorScheme: 'dark' } as const

async function open(page: Page): Promise<void> {
  await page.locator('#launcher').click()
  await page.locator('#question').waitFor()
}

async function ask(page: Page, question = 'What is a millrace?'): Promise<void> {
  await open(page)
  await page.locator('#question').fill(question)
  await page.locator('#question').press('Enter')
}

async function askAndWait(page: Page): Promise<void> {
  await ask(page)
  await page.locator('.answer[data-state="done"]').waitFor()
}

/** The page says what it is, suggests how to go on, and has its reader dictate. */
async function withExtras(page: Page): Promise<void> {
  await page.evaluate(() => {
    const chat = document.querySelector('millrace-chat')
    if (!chat) return
    chat.dictation = true
    chat.context = () => ({
      url: 'https://mill.example/tours',
      title: document.title,
      selection: 'Water has turned this wheel since 1612.',
    })
  })
  await askAndWait(page)
  await page.evaluate(() =>
    document
      .querySelector('millrace-chat')
      ?.suggest(['How old is the wheel?', 'Can I see it turn?', 'What does a tour cost for five of us?']),
  )
  await page.locator('.suggestions button').first().waitFor()
}

/** What hears nothing: the browser's own asks for a microphone. */
function standInForSpeech(): void {
  class Recognition extends EventTarget {
    start() {}
    stop() {}
    abort() {}
  }
  Object.assign(globalThis, { SpeechRecognition: Recognition, webkitSpeechRecognition: Recognition })
}

async function askAndRun(page: Page): Promise<void> {
  await ask(page, 'run')
  await runBoth(page)
}

async function runInPage(page: Page): Promise<void> {
  await page.locator('#question').fill('run')
  await page.locator('#question').press('Enter')
  await runBoth(page)
}

async function runBoth(page: Page): Promise<void> {
  for (const [at, shown] of [['pre .error'], ['iframe']].entries()) {
    await page.locator('.run-button').nth(at).click()
    await page.frameLocator('.run-output iframe').nth(at).locator(shown.join()).first().waitFor()
  }
  await page
    .locator('.run-output')
    .first()
    .evaluate((output) => output.scrollIntoView({ block: 'center' }))
}

/** A wheel, as a site's picture. */
const WHEEL = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#7a4b1f" d="M0 0h64v64H0z"/><circle cx="32" cy="32" r="18" fill="none" stroke="#f4e3c8" stroke-width="5"/><path stroke="#f4e3c8" stroke-width="4" d="M32 8v48M8 32h48M15 15l34 34M49 15 15 49"/></svg>',
)}`

const STARTERS = `data-heading="The old mill" data-avatar="${WHEEL}" data-starters="When are you open?|What does a tour cost?|How is flour made?"`

const SHOTS: Shot[] = [
  { name: 'closed', show: async () => {} },
  { name: 'open', tag: STARTERS, show: open },
  { name: 'open-dark', tag: STARTERS, context: DARK, show: open },
  {
    name: 'waiting',
    async show(page) {
      await ask(page, 'slow')
      await page.locator('.answer[data-state="waiting"]').waitFor()
      await page.waitForTimeout(1_200)
    },
  },
  {
    name: 'offline',
    async show(page) {
      await askAndWait(page)
      await page.context().setOffline(true)
      await page.locator('#question').fill('And how old is the wheel?')
      await page.locator('#question').press('Enter')
      await page.locator('.connection[data-now="offline"]').waitFor()
    },
  },
  {
    name: 'answering-closed',
    async show(page) {
      await ask(page, 'slow')
      await page.locator('.answer[data-state="waiting"]').waitFor()
      await page.locator('#close').click()
    },
  },
  {
    name: 'streaming',
    async show(page) {
      await ask(page, 'flow')
      await page.locator('.answer[data-state="flowing"] ol').waitFor()
    },
  },
  { name: 'answered', show: askAndWait },
  {
    name: 'picture-widget',
    tag: STARTERS,
    css: OUTLINES,
    context: { viewport: { width: 880, height: 600 } },
    picture: 'widget',
    async show(page) {
      await ask(page, 'Why is it called a millrace?')
      await page.locator('.answer[data-state="done"]').waitFor()
    },
  },
  {
    name: 'twice',
    async show(page) {
      await askAndWait(page)
      await page.locator('#question').fill('And how much flour does it make in a day, if the river is high?')
      await page.locator('#question').press('Enter')
      await page.locator('.turn:nth-child(2) .answer[data-state="done"]').waitFor()
      await page.mouse.move(0, 0)
      await page
        .locator('.turn')
        .first()
        .evaluate((turn) => turn.scrollIntoView({ block: 'end' }))
    },
  },
  {
    name: 'page',
    tag: 'data-position="page" data-speed',
    async show(page) {
      await page.locator('#question').fill('What is a millrace?')
      await page.locator('#question').press('Enter')
      await page.locator('.answer[data-state="done"]').waitFor()
    },
  },
  {
    name: 'page-empty',
    tag: `data-position="page" ${STARTERS}`,
    async show(page) {
      await page.locator('#question').waitFor()
    },
  },
  {
    name: 'printed',
    whole: true,
    tag: 'data-position="page" data-theme="dark"',
    async show(page) {
      await page.locator('#question').fill('What is a millrace?')
      await page.locator('#question').press('Enter')
      await page.locator('.answer[data-state="done"]').waitFor()
      await page.emulateMedia({ media: 'print' })
    },
  },
  { name: 'answered-dark', context: DARK, show: askAndWait },
  {
    name: 'answered-top',
    async show(page) {
      await askAndWait(page)
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0))
    },
  },
  {
    name: 'error',
    async show(page) {
      await ask(page, 'fail')
      await page.locator('.trouble-card').waitFor()
    },
  },
  {
    name: 'too-many',
    async show(page) {
      await ask(page, 'limit')
      await page.locator('.trouble-card').waitFor()
    },
  },
  {
    name: 'conversations',
    async show(page) {
      await askAndWait(page)
      await page.locator('#new').click()
      await page.locator('#question').fill('How much flour does a mill make in a day, and who buys it?')
      await page.locator('#question').press('Enter')
      await page.locator('.answer[data-state="done"]').waitFor()
      await page.locator('#list').click()
    },
  },
  {
    name: 'editing',
    async show(page) {
      await askAndWait(page)
      await page.locator('.action.edit').click()
    },
  },
  { name: 'arabic', lang: 'ar', show: askAndWait },
  { name: 'russian', lang: 'ru', show: askAndWait },
  { name: 'japanese', lang: 'ja', tag: 'data-launcher', show: open },
  { name: 'extras', show: withExtras },
  { name: 'extras-dark', context: DARK, show: withExtras },
  { name: 'extras-arabic', lang: 'ar', show: withExtras },
  {
    name: 'extras-sees',
    async show(page) {
      await withExtras(page)
      await page.locator('.sees-page summary').click()
    },
  },
  {
    name: 'extras-sent',
    async show(page) {
      await withExtras(page)
      await page.locator('.turn .page-context summary').click()
      await page.locator('#log').evaluate((log) => log.scrollTo(0, 0))
    },
  },
  ...[
    { name: 'extras-listening', context: {} },
    { name: 'extras-listening-dark', context: DARK },
    { name: 'extras-listening-arabic', lang: 'ar', context: {} },
    { name: 'extras-phone', context: { ...PHONE, ...DARK } },
  ].map((shot) => ({
    ...shot,
    async show(page: Page) {
      await withExtras(page)
      await page.locator('.dictate').click()
    },
  })),
  { name: 'phone', context: PHONE, show: async () => {} },
  { name: 'phone-open', tag: STARTERS, context: PHONE, show: open },
  { name: 'phone-answered', context: { ...PHONE, ...DARK }, show: askAndWait },
  { name: 'ran', tag: 'data-run data-position="page"', show: runInPage },
  { name: 'ran-dark', tag: 'data-run data-position="page"', context: DARK, show: runInPage },
  { name: 'ran-panel', tag: 'data-run', show: askAndRun },
  { name: 'ran-phone', tag: 'data-run', context: { ...PHONE, ...DARK }, show: askAndRun },
  { name: 'ran-arabic', tag: 'data-run', lang: 'ar', show: askAndRun },
  { name: 'hostile', css: HOSTILE, show: askAndWait },
]

const words = process.argv.slice(2)
const isWanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word))
const wanted = SHOTS.filter(({ name }) => isWanted(name))

await mkdir(FOLDER, { recursive: true })
// One after the other: the Worker takes in what the first one builds.
await buildClient()
await bundleWorker()
const upstream = await startUpstream()
upstream.when((call) => {
  const question = JSON.stringify(call.request.messages)
  const deltas = ANSWER.match(/.{1,6}/gs) ?? []
  if (question.includes('run')) return answer(PROGRAMS.match(/[\s\S]{1,20}/g) ?? [])
  if (question.includes('fail')) return failing(500)
  if (question.includes('limit')) return failing(429, {}, { 'retry-after': '75' })
  if (question.includes('slow')) return hang
  if (question.includes('flow')) return answer(deltas, 40)
  return answer(question.includes('called') ? (SHORT_ANSWER.match(/.{1,6}/gs) ?? []) : deltas)
})
let shot = SHOTS[0]
const site = await startSite(() => ({
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${strictPolicy(`${millrace.url} 'unsafe-inline'`)}; img-src data:; frame-src ${millrace.url}`,
  },
  body: `<!doctype html><html lang="${shot?.lang ?? 'en'}"><title>The old mill</title>
      <meta name="viewport" content="width=device-width">
      <style>:root { color-scheme: light dark } body { max-width: 40rem; margin: 3rem; font: 18px/1.6 Georgia, serif } ${shot?.css ?? ''}</style>
      <h1>The old mill</h1><p>${'Water has turned this wheel since 1612. '.repeat(40)}</p>
      <script type="module" src="${millrace.url}/widget.js" data-launcher ${shot?.tag ?? ''}></script>`,
}))
const millrace = await startMillrace({
  OPENAI_API_KEY: 'sk-screenshots',
  OPENAI_BASE_URL: `${upstream.url}/v1`,
  ALLOWED_ORIGINS: site.url,
  RUN_CODE: 'on',
})
const browser = await startBrowser()
try {
  for (shot of wanted) {
    const context = await browser.newContext({ ...DESKTOP, ...shot.context, locale: shot.lang ?? 'en' })
    await context.addInitScript(standInForSpeech)
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(site.url)
    await shot.show(page)
    if (shot.picture) await takePicture(page, shot.picture, async () => undefined)
    else {
      // Until animations have ended.
      await page.waitForTimeout(400)
      await page.screenshot({ path: `${FOLDER}/${shot.name}.png`, fullPage: shot.whole ?? false })
      console.log(`test/screenshots/${shot.name}.png`)
    }
    await context.close()
  }
  if (isWanted('picture-race')) await takeRace(browser)
} finally {
  await browser.close()
  await millrace.stop()
  site.stop()
  await upstream.stop()
}
