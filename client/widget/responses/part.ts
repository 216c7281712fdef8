/**
 * What only answers of the Responses API need. Loaded where the Worker has tools, or an answer has sources.
 */
export { RESPONSES } from '../../stream/read-response.ts'
export { createCitedText } from './cited-text.ts'
export { showProgress } from './show-progress.ts'
export { withFootnotes } from './source-text.ts'
export { toInput } from './to-input.ts'
