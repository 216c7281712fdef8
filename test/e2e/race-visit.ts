/** The race on the page, with the demo behind it. */
import { readFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { usePages } from '../support/pages.ts'

/** Divides the founding example's times. */
export const SPEED = 20

/**
 * For all the tests of a file: goes to the race as a reader does, and hands out its parts.
 *
 * @param speed the slower, the less a busy machine's delays are of the whole
 */
export function useRace(speed = SPEED) {
  const visit = usePages()
  let millrace: Millrace | undefined
  beforeAll(async () => {
    millrace = await startMillrace({ DEMO_SPEED: String(speed) })
  })
  afterAll(() => millrace?.stop())
  return async (options: BrowserContextOptions = {}) => {
    const { page } = await visit(millrace?.url ?? '', options)
    const lane = (way: string) => page.getByRole('region', { name: way, exact: true })
    return {
      page,
      enter: () => page.getByRole('link', { name: 'Race', exact: true }).click(),
      start: page.getByRole('button', { name: 'Start the race' }),
      unstreamed: lane('Unstreamed'),
      streamed: lane('Streamed'),
      result: page.getByRole('heading', { name: 'When each message came' }),
    }
  }
}

/** The table's figures, by row: unstreamed, streamed. */
export async function figures(page: Page): Promise<Record<string, [string, string]>> {
  const rows = await page.locator('.figures tbody tr').evaluateAll((rows) =>
    rows.map((row) => {
      const [name = '', ...values] = Array.from(
        row.children,
        (cell) => cell.firstChild?.textContent?.trim() ?? '',
      )
      return [name, values] as const
    }),
  )
  return Object.fromEntries(rows) as Record<string, [string, string]>
}

/** A figure of the table in milliseconds. */
export const toMs = (text = '') => Number.parseFloat(text) * (/ ms$/.test(text) ? 1 : 1000)

export async function download(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  return { name: saved.suggestedFilename(), bytes: await readFile(await saved.path()) }
}
