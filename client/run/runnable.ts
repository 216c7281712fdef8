/** Which blocks of code can be run. */
import type { Kind } from './messages.ts'

const KINDS: Readonly<Record<string, Kind>> = {
  python: 'python',
  python3: 'python',
  py: 'python',
  javascript: 'javascript',
  js: 'javascript',
  html: 'html',
}

/** @param block a block of code, as the renderer makes it */
export function kindOf(block: Element): Kind | undefined {
  const language = block.querySelector('code')?.className.replace('language-', '').toLowerCase() ?? ''
  return Object.hasOwn(KINDS, language) ? KINDS[language] : undefined
}
