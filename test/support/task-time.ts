/** CPU time of a page's main thread, by Chromium's own count: other work of the machine does not add to it. */
import type { Page } from 'playwright-core'

/** @returns a clock of the time in tasks so far, in milliseconds */
export async function taskTimeOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
  }
}
