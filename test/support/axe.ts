/** What axe-core finds in a page: all its rules, those of good practice too. */
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { still } from './embedding.ts'

/** @returns a line for each element that breaks a rule; none, if all is well */
export async function axeFindings(page: Page): Promise<string[]> {
  // As the debugger's own words, to which no policy of the page applies.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  // Halfway through fading in, colours are none that anybody is to read.
  await still(page)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, { resultTypes: ['violations'], preload: false })`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(' ')}: ${failureSummary}`),
  )
}
