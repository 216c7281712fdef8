/** What only a chat that sees its page needs. Loaded where the page says something of itself. */
export { readContext } from './page-context.ts'
export { setNotice, showSent } from './show-context.ts'
