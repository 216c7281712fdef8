/**
 * What only answers with code that can be run need. Loaded for the first of them, where the Worker lets
 * code run.
 */
export { createCodeRun, offerRuns } from './code-runs.ts'
