/** What the tools of a visitor's browser show in red. */
import type { Page, Request } from 'playwright-core'

/**
 * Lists refusals, requests that failed or were cancelled, and errors in the console, as they come.
 *
 * @example
 *   const red = redIn(page)
 *   …a visit…
 *   expect(red).toEqual([])
 */
export function redIn(page: Page): string[] {
  const red: string[] = []
  page.on('response', (response) => {
    if (response.status() >= 400)
      red.push(`${response.request().method()} ${response.url()} ${response.status()}`)
  })
  page.on('requestfailed', (request) => {
    red.push(`${request.method()} ${request.url()} ${request.failure()?.errorText}`)
  })
  page.on('pageerror', (error) => void red.push(String(error)))
  page.on('console', (message) => void (message.type() === 'error' && red.push(message.text())))
  return red
}

/**
 * Counts the requests that are on their way: those that a reload would cancel. `networkidle` comes once a
 * visit, which may have been long before.
 */
export function countUnderway(page: Page): () => Promise<number> {
  const underway = new Set<Request>()
  page.on('request', (request) => void underway.add(request))
  for (const end of ['requestfinished', 'requestfailed'] as const)
    page.on(end as 'requestfinished', (request) => void underway.delete(request))
  return async () => underway.size
}
