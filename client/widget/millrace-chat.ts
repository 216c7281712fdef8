/** A stand-in for the element: it says a word, in the language that it is given. */
import { loadChunk } from './load-chunk.ts'

export interface MillraceAnswer {
  conversation: string
  question: string
  answer: string
  end: 'done' | 'stopped' | 'withheld'
}

// Where there is no DOM, as where a site is rendered on a server, it can be imported all the same.
const Base = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement)

export class MillraceChat extends Base {
  async connectedCallback(): Promise<void> {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    root.textContent = 'Millrace'
    if (this.lang !== 'de') return
    const { de } = await loadChunk('strings-de', () => import('./strings/de.ts'))
    root.textContent = de.word
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'millrace-chat': MillraceChat
  }
  interface HTMLElementEventMap {
    'millrace-ready': CustomEvent<null>
    'millrace-answer': CustomEvent<MillraceAnswer>
  }
}
