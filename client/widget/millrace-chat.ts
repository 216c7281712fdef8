/** A stand-in for the element: it says a word, in the language that it is given. */
import { emitFrom } from './events.ts'

// Where there is no DOM, as where a site is rendered on a server, it can be imported all the same.
const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement)

export class MillraceChat extends Base {
  async connectedCallback(): Promise<void> {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    root.textContent = 'Millrace'
    queueMicrotask(() => emitFrom(this)('millrace-ready'))
    if (this.lang !== 'de') return
    const { de } = await import('./strings/de.ts')
    root.textContent = de.word
  }
}
