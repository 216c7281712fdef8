/** An open block of literal lines: code, or display math. [spec] 4.4, 4.5 */
import type { Fence } from './fence.ts'
import type { Sink } from './sink.ts'
import { isBlank } from './spaces.ts'

export type Form =
  | { type: 'indented' }
  | { type: 'fence'; fence: Fence; indent: number }
  | { type: 'math'; end: string }

export class Verbatim {
  readonly form: Form
  readonly #sink: Sink
  /** Line ends and blank lines, which belong to the block only if another line follows. */
  #held = ''
  /** Whether the line of the opening fence has ended. */
  #inFence = false

  constructor(form: Form, sink: Sink) {
    this.form = form
    this.#sink = sink
  }

  /** @returns whether the line certainly belongs to the block */
  startLine(text: string): boolean {
    const held = this.form.type === 'indented' && isBlank(text)
    if (held) this.#held += text
    else this.add(text)
    return !held
  }

  /** Adds text to the current line. */
  add(text: string): void {
    if (text === '') return
    this.#sink.text(this.#held + text)
    this.#held = ''
  }

  endLine(): void {
    if (this.form.type !== 'fence') this.#held += '\n'
    else if (this.#inFence) this.#sink.text('\n')
    this.#inFence = true
  }

  end(): void {
    if (this.form.type === 'indented') this.#sink.text('\n')
    this.#sink.close()
  }
}
