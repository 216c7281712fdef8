/** `<millrace-chat>`: a chat with a model, in any page. docs/WIDGET.md has its attributes, methods and events. */
import {
  ATTRIBUTES,
  endpointOf,
  FOUNDATIONS,
  imageOriginsOf,
  isLauncher,
  type Settings,
  settingsOf,
  storageOf,
} from './attributes.ts'
import { emitFrom } from './events.ts'
import { type Bubble, createBubble } from './launcher/bubble.ts'
import { loadChunk } from './load-chunk.ts'
import type { ExportFormat, Foundations, Panel } from './panel.ts'
import type { Strings } from './strings/en.ts'
import { chooseLanguage, directionOf, loadStrings } from './strings/load-strings.ts'
import { ownStrings } from './strings/own-strings.ts'
import { adopt } from './style/adopt.ts'
import { SHELL_STYLES } from './style/shell-styles.ts'
import { create } from './view/element.ts'
import { hasKept } from './visitor/has-kept.ts'
import type { Visitor } from './visitor/visitor.ts'

/** Where there is no DOM, as on a server that renders pages, the class can be imported all the same. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * A shell, which is there at once, and a panel, which is loaded when it is to be seen. Both are made anew out of what is
 * kept when one of the attributes changes that they are made of; an answer that was coming is taken up again.
 */
export class MillraceChat extends Base {
  /** The Worker that elements without an `endpoint` ask; empty for the page's own origin. */
  static endpoint = ''
  static readonly observedAttributes = [...ATTRIBUTES]

  /** Who asks, for a page that asks its Worker for other things too. To be set before the element is in the page. */
  visitor: Visitor | undefined

  readonly #emit = emitFrom(this)
  #own: Partial<Strings> = {}
  #shell: Shell | undefined
  #panel: Panel | undefined
  #foundations: Foundations | undefined
  #due = false
  #ready = false
  /** What was called before the panel was there. */
  #queue: ((panel: Panel) => void)[] = []

  connectedCallback(): void {
    takeOver(this, 'strings')
    takeOver(this, 'visitor')
    this.#renew()
  }

  disconnectedCallback(): void {
    this.#renew()
  }

  attributeChangedCallback(name: string): void {
    if (name === 'open') this.#followOpen()
    else if (FOUNDATIONS.includes(name)) this.#renew()
    else this.#update()
  }

  /** Words of the host's own, in place of the widget's. */
  get strings(): Partial<Strings> {
    return this.#own
  }

  set strings(strings: Partial<Strings>) {
    this.#own = ownStrings(strings)
    this.#renew()
  }

  /** Opens a launcher's panel. Elsewhere it always is. */
  open(): void {
    this.#do((panel) => panel.open())
  }

  close(): void {
    this.#do((panel) => panel.close())
  }

  /** Asks as if it had been typed. While another answer comes, nothing is asked. */
  ask(text: string): void {
    const question = text.trim()
    if (question !== '') this.#do((panel) => panel.ask(question))
  }

  /** Stops the answer that comes, for all who watch it. */
  stop(): void {
    this.#do((panel) => panel.stop())
  }

  /** Begins a new conversation; the one before stays in the list. */
  clear(): void {
    this.#do((panel) => panel.clear())
  }

  /** This conversation as text or as data (docs/WIDGET.md). Empty where there is none. */
  export(format: ExportFormat = 'markdown'): string {
    return this.#panel?.export(format) ?? ''
  }

  override focus(): void {
    this.#do((panel) => panel.focus())
  }

  /** Now, or as soon as the panel is there. */
  #do(call: (panel: Panel) => void): void {
    if (this.#panel) {
      call(this.#panel)
      return
    }
    this.#queue.push(call)
    void this.#shell?.load()
  }

  /** Once for all that changes at the same time: an element that is moved is taken out and put in again. */
  #renew(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      void this.#make()
    })
  }

  async #make(): Promise<void> {
    const draft = this.#panel?.draft ?? ''
    this.#panel?.remove()
    this.#shell?.root.remove()
    this.#panel = this.#shell = undefined
    if (!this.isConnected) return
    const language = chooseLanguage([
      this.closest<HTMLElement>('[lang]')?.lang,
      document.documentElement.lang,
      ...navigator.languages,
    ])
    const loaded = await loadStrings(language)
    // Meanwhile it may have been taken out, or something else changed.
    if (!this.isConnected || this.#due || this.#shell) return
    const strings = { ...loaded, ...this.#attributeStrings(), ...this.#own }
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    adopt(shadow, SHELL_STYLES)
    const direction = directionOf(language)
    const root = create('div', { class: 'root', lang: language, dir: direction })
    shadow.append(root)
    let loading: Promise<void> | undefined
    const settings = () => settingsOf(this, direction === 'rtl' ? 'bottom-left' : 'bottom-right')
    const shell: Shell = {
      root,
      strings,
      settings,
      bubble: undefined,
      load() {
        loading ??= load().catch((error) => {
          loading = undefined
          throw error
        })
        return loading
      },
    }
    const load = async () => {
      const { createPanel, layFoundations } = await loadChunk('panel', () => import('./panel.ts'))
      if (this.#shell !== shell) return
      this.#foundations = this.#sameFoundations() ?? layFoundations(
        endpointOf(this, MillraceChat.endpoint),
        storageOf(this),
        () => challengePlace(this),
        this.visitor,
      )
      const panel = createPanel({
        root,
        foundations: this.#foundations,
        language,
        strings,
        imageOrigins: imageOriginsOf(this),
        settings,
        bubble: () => shell.bubble,
        emit: this.#emit,
        opened: (open) => this.toggleAttribute('open', open),
      })
      this.#panel = panel
      panel.draft = draft
      if (this.hasAttribute('open')) panel.open('quietly')
      for (const call of this.#queue.splice(0)) call(panel)
    }
    this.#shell = shell
    this.#update()
  }
}

interface Shell {
  root: HTMLElement
  strings: Strings
  bubble: Bubble | undefined
  settings(): Settings
  /** Loads the panel, once. @throws where it can't be had */
  load(): Promise<void>
}
