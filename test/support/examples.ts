/** The examples of docs/EXAMPLES.md, as they stand there. */
import { readFileSync } from 'node:fs'
import { ROOT } from '../../scripts/bundle.ts'

export interface Example {
  /** What it stands under. */
  heading: string
  /** Of its fence. */
  language: string
  code: string
}

/** In order. */
export function readExamples(): Example[] {
  const sections = readFileSync(`${ROOT}docs/EXAMPLES.md`, 'utf8').split(/^#+ /m)
  return sections.flatMap((section) => {
    const heading = section.split('\n', 1)[0] ?? ''
    const fences = section.matchAll(/^```(\w+)\n(.*?)^```$/gms)
    return Array.from(fences, ([, language = '', code = '']) => ({ heading, language, code }))
  })
}
