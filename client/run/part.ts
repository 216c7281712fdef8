/** What only answers with code that can be run need. Loaded for the first of them, where the Worker lets code run. */
export { offerRuns } from './code-runs.ts'
