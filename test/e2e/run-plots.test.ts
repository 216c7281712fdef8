/**
 * The founding example's two programs, from the page to their 3D plots. They are drawn by an old Pyodide
 * that has matplotlib inside (test/runner/), since npm has no newer one. All but its loader is what a
 * deployment runs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Browser, FrameLocator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { installOldPython, OLD_PYTHON } from '../runner/old-python.ts'
import { startBrowser } from '../support/browser.ts'
import { UPSTREAM_KEY } from '../support/house.ts'
import { startMillrace } from '../support/millrace.ts'
import { startRunFront } from '../support/run-front.ts'
import { answer } from '../support/scripts.ts'
import { startUpstream } from '../support/upstream.ts'

/** Cold, on a busy machine: Python and its packages are 60 MB. */
const PLOTTED_MS = 120_000
const RUNS = { RUN_CODE: 'on', DEMO_SPEED: '100' }

let browser: Browser
let demo: string
let asking: string
const stops: (() => unknown)[] = []

beforeAll(async () => {
  await installOldPython()
  const upstream = await startUpstream()
  upstream.when(() => answer([readFileSync(`${ROOT}test/runner/scipy-program.md`, 'utf8')]))
  const workers = await Promise.all([
    startMillrace(RUNS),
    startMillrace({ ...RUNS, OPENAI_API_KEY: UPSTREAM_KEY, OPENAI_BASE_URL: `${upstream.url}/v1` }),
  ])
  const fronts = await Promise.all(workers.map(({ url }) => startRunFront(url, OLD_PYTHON)))
  const [first, second] = fronts.map(({ url }) => url)
  demo = first ?? ''
  asking = second ?? ''
  browser = await startBrowser()
  stops.push(() => browser.close(), ...[...fronts, ...workers, upstream].map((one) => () => one.stop()))
}, 360_000)
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  for (const stop of stops) await stop()
})

async function ask(page: Page, question: string): Promise<FrameLocator> {
  await page.locator('#question').fill(question)
  await page.locator('#question').press('Enter')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  return page.frameLocator('.run-output iframe')
}

/**
 * How much two pictures differ: the mean of all channels, of 255, and the share of pixels that are another
 * colour.
 */
async function compare(page: Page, drawn: string, kept: string): Promise<{ mean: number; others: number }> {
  return page.evaluate(
    async ([drawn, kept]) => {
      const [a, b] = await Promise.all(
        [drawn, kept].map(async (address) => {
          const bytes = Uint8Array.from(atob(address.split(',')[1] ?? ''), (char) => char.charCodeAt(0))
          const picture = await createImageBitmap(new Blob([bytes]))
          const canvas = new OffscreenCanvas(picture.width, picture.height)
          const context = canvas.getContext('2d')
          context?.drawImage(picture, 0, 0)
          return context?.getImageData(0, 0, picture.width, picture.height).data ?? new Uint8ClampedArray()
        }),
      )
      if (!a || !b || a.length !== b.length) return { mean: 255, others: 1 }
      let sum = 0
      let others = 0
      for (let i = 0; i < a.length; i += 4) {
        const far = [0, 1, 2].map((channel) => Math.abs((a[i + channel] ?? 0) - (b[i + channel] ?? 0)))
        sum += far.reduce((all, one) => all + one, 0)
        if (Math.max(...far) > 40) others++
      }
      return { mean: sum / (a.length * 0.75), others: others / (a.length / 4) }
    },
    [drawn, kept] as const,
  )
}

/** The picture is the committed one but for what a rounding may change. `UPDATE_PLOTS=1` commits to it. */
async function expectPlot(page: Page, output: FrameLocator, name: string): Promise<void> {
  const picture = output.locator('img')
  const drawn = await picture.evaluate(async (image: HTMLImageElement) => {
    await image.decode()
    const canvas = document.createElement('canvas')
    // As large as it is shown.
    canvas.width = image.naturalWidth / 2
    canvas.height = image.naturalHeight / 2
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return canvas.toDataURL()
  })
  const path = `${ROOT}test/runner/${name}.png`
  if (process.env.UPDATE_PLOTS) writeFileSync(path, Buffer.from(drawn.split(',')[1] ?? '', 'base64'))
  expect(existsSync(path)).toBe(true)
  const { mean, others } = await compare(page, drawn, `,${readFileSync(path).toString('base64')}`)
  expect(mean).toBeLessThan(2)
  expect(others).toBeLessThan(0.01)
}

test('the founding answer draws its plot', { timeout: PLOTTED_MS + 60_000 }, async () => {
  const page = await browser.newPage()
  await page.goto(demo)
  const output = await ask(page, 'plot_2d_normal')
  await output.locator('img').waitFor({ timeout: PLOTTED_MS })
  expect(await output.locator('img').getAttribute('alt')).toBe('Figure 1: x, y, density')
  await expectPlot(page, output, 'plot-numpy')
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
})

test('a program of SciPy draws its plot without a show, and prints', {
  timeout: PLOTTED_MS + 60_000,
}, async () => {
  const page = await browser.newPage()
  await page.goto(asking)
  const output = await ask(page, 'And by SciPy?')
  await output.locator('img').waitFor({ timeout: PLOTTED_MS })
  expect(await output.locator('img').getAttribute('alt')).toBe('Figure 1: 2D Gaussian')
  expect(await output.locator('pre .out').textContent()).toBe('highest: 0.214\n')
  await expectPlot(page, output, 'plot-scipy')
})

test('the race ends with the plot of its answer’s code, dark on a dark page', {
  timeout: PLOTTED_MS + 60_000,
}, async () => {
  const page = await browser.newPage({ colorScheme: 'dark' })
  await page.goto(`${demo}/#race`)
  await page.getByRole('button', { name: 'Start the race' }).click()
  await page.getByRole('button', { name: 'Run it' }).click()
  const output = page.frameLocator('.run-output iframe')
  await output.locator('img').waitFor({ timeout: PLOTTED_MS })
  await expectPlot(page, output, 'plot-dark')
})
