/** A Chromium from npm, so that tests of the page need only Node. */
import { arch, platform } from 'node:process'
import { type Browser, type LaunchOptions, chromium as playwright } from 'playwright-core'

/**
 * For each wait in a browser, as long as `expect.poll` waits. A shorter one fails on a busy machine first.
 */
export const WAIT_MS = 60_000

/**
 * `CHROMIUM_PATH` names another browser. Where the packed one can't run (it is for Linux on x64), the
 * installed Chrome is used.
 *
 * @example
 *   const browser = await startBrowser()
 *   const page = await browser.newPage()
 */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch(await whichChromium())
}

/** Where the browser is; the packed one is unpacked first, if it isn't yet. */
export async function whichChromium(): Promise<LaunchOptions> {
  const path = process.env.CHROMIUM_PATH
  if (path) return { executablePath: path }
  if (platform !== 'linux' || arch !== 'x64') return { channel: 'chrome' }
  // The package reads this when imported: without it, the system libraries that it brings are not unpacked.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'
  const { default: chromium } = await import('@sparticuz/chromium')
  return {
    executablePath: await chromium.executablePath(),
    // `chromium.args` would turn web security off.
    args: ['--no-sandbox', '--disable-gpu', '--no-zygote', '--disable-background-networking'],
  }
}
