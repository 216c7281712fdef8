/** Reads the examples of docs/EXAMPLES.md. */
import { readFileSync } from 'node:fs'
import { ROOT } from '../../scripts/bundle.ts'

export interface Example {
  /** The heading above the example. */
  heading: string
  /** The language of its fence. */
  language: string
  code: string
  /** Its place in a project of a framework, which the line above it names. */
  file: string | undefined
}

/** @returns all examples, in order */
export function readExamples(): Example[] {
  const sections = readFileSync(`${ROOT}docs/EXAMPLES.md`, 'utf8').split(/^#+ /m)
  return sections.flatMap((section) => {
    const heading = section.split('\n', 1)[0] ?? ''
    const fences = section.matchAll(/(?:in `([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms)
    return Array.from(fences, ([, file, language = '', code = '']) => ({ heading, language, code, file }))
  })
}
