/** Opens a page in which a contestant shows an answer in a scrolling element. */
import type { Browser, Page } from 'playwright-core'
import type { Running, Start } from './contestants/contestant.ts'

declare global {
  // Set in the page.
  var contestant: { start: Start }
  var running: Running
}

const PAGE = `<!doctype html><style>
  body { margin: 0; font: 16px/1.5 sans-serif }
  #place { height: 600px; overflow: auto }
  pre { overflow-x: auto }
</style><div id="place"><p>Why?</div>`

/** @param work runs with the page, which is then closed */
export async function inPlace<T>(
  browser: Browser,
  script: string,
  work: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } })
  try {
    await page.setContent(PAGE)
    await page.addScriptTag({ content: script })
    await startContestant(page)
    return await work(page)
  } finally {
    await page.close()
  }
}

/** May be called again, for another answer below. */
export function startContestant(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const place = document.querySelector<HTMLElement>('#place')
    if (place) globalThis.running = await contestant.start(place)
  })
}
