/** A Chromium that comes from npm, so that the page is tested where nothing but Node is installed. */
import { arch, platform } from 'node:process'
import { type Browser, type LaunchOptions, chromium as playwright } from 'playwright-core'

/**
 * `CHROMIUM_PATH` names another one. Where the packed one does not run (it is for Linux on x64), it is the installed
 * Chrome.
 *
 * @example
 *   const browser = await startBrowser()
 *   const page = await browser.newPage()
 */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch(await whichChromium())
}

async function whichChromium(): Promise<LaunchOptions> {
  const path = process.env.CHROMIUM_PATH
  if (path) return { executablePath: path }
  if (platform !== 'linux' || arch !== 'x64') return { channel: 'chrome' }
  // Read when the package is imported: only with it does it unpack the system libraries that it brings along.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'
  const { default: chromium } = await import('@sparticuz/chromium')
  return {
    executablePath: await chromium.executablePath(),
    // Not `chromium.args`: they turn web security off.
    args: ['--no-sandbox', '--disable-gpu', '--no-zygote', '--disable-background-networking'],
  }
}
