/** What the site's owner has to mend, in the console: the reader can't, and is told no more than that. */
import { isForOwner } from '../view/explain-trouble.ts'
import type { Trouble } from './trouble.ts'

export function tellOwner(trouble: Trouble): void {
  const { code, message, requestId } = trouble
  if (!isForOwner(trouble)) return
  console.error(`Millrace: ${message} (${[code, requestId].filter(Boolean).join(', ')})`)
}
