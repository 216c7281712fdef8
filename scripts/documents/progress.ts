/** Tells a person at a terminal how far it is, on one line; a log gets a line a file. */
import { clearLine, cursorTo } from 'node:readline'
import { styleText } from 'node:util'
import type { Progress } from './sync.ts'

export interface Output {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface ShownProgress extends Progress {
  /** Takes the line away. */
  end(): void
}

export function showProgress(output: Output): ShownProgress {
  let part = ''
  let count = 0
  let done = 0
  const rewrite = (text: string) => {
    const stream = output as NodeJS.WritableStream
    cursorTo(stream, 0)
    clearLine(stream, 0)
    // A line that wraps could not be taken away.
    output.write(text.slice(0, (output.columns ?? 80) - 1))
  }
  return {
    begins(what, files) {
      part = what
      count = files
      done = 0
      if (output.isTTY) rewrite(`${what} ${files}…`)
      else output.write(`${what} ${files}…\n`)
    },
    file(what, path) {
      done++
      if (output.isTTY) rewrite(`${part} ${done}/${count}  ${path}`)
      else output.write(`  ${done}/${count} ${what} ${path}\n`)
    },
    end() {
      if (output.isTTY) rewrite('')
    },
  }
}

export const bad = (text: string) => styleText('red', text, { stream: process.stderr })
