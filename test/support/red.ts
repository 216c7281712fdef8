/** What the tools of a visitor's browser show in red. */
import type { Page } from 'playwright-core'

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
