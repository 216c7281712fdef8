/** Runs axe-core on a page with all its rules, including those of good practice. */
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { still } from './embedding.ts'

/** @returns a line for each element that breaks a rule; empty if none does */
export async function axeFindings(page: Page): Promise<string[]> {
  // The debugger evaluates it, so the page's policy doesn't apply.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  // Colours halfway through a fade are not the ones to check.
  await still(page)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, { resultTypes: ['violations'], preload: false })`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(' ')}: ${failureSummary}`),
  )
}
