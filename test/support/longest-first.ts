/**
 * The order of the test files: the longest first, so that none of them is left to run alone at the end while
 * the other workers have nothing to do. Vitest itself knows how long a file takes only from an earlier run.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that took a minute and more on two cores, while others ran. */
const LONG =
  /\/(chaos|chromium|leaves-nothing|run-plots|run-python|upstreams-kinds|widget-conversations|widget-run)\.test\.ts$/

const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)))
  }
}
