/**
 * The README's pictures, in light and in dark: the widget on a site, and a race at the pace that was
 * measured.
 */
import { mkdir } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { ROOT } from '../../scripts/bundle.ts'
import { startMillrace } from './millrace.ts'

const FOLDER = `${ROOT}docs/pictures`

/** Takes a part of the page, in both colour schemes. */
export async function takePicture(
  page: Page,
  name: string,
  clip: () => Promise<Clip | undefined>,
): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // Until colours have faded, and the plot is drawn anew.
    await page.waitForTimeout(400)
    const path = `${FOLDER}/${name}-${colorScheme}.png`
    const part = await clip()
    await page.screenshot({ path, ...(part && { clip: part }) })
    console.log(path.slice(ROOT.length))
  }
}

interface Clip {
  x: number
  y: number
  width: number
  height: number
}

const MARGIN = 24

/** Takes some 40 seconds, as the race does. */
export async function takeRace(browser: Browser): Promise<void> {
  const millrace = await startMillrace()
  try {
    const page = await browser.newPage({ viewport: { width: 900, height: 1000 }, locale: 'en' })
    await page.goto(`${millrace.url}/#race`)
    await page.locator('#race-start').click()
    await page.locator('.plot canvas').waitFor({ timeout: 60_000 })
    await takePicture(page, 'race', async () => {
      const [lanes, legend] = [page.locator('#lanes'), page.locator('.legend')]
      const [first, last] = [await lanes.boundingBox(), await legend.boundingBox()]
      if (!first || !last) throw new TypeError('The race is not shown.')
      const { x, y, width } = first
      const height = last.y + last.height - y
      return { x: x - MARGIN, y: y - MARGIN / 2, width: width + 2 * MARGIN, height: height + MARGIN }
    })
    await page.close()
  } finally {
    await millrace.stop()
  }
}
