/**
 * `<millrace-chat>`: a chat with a model, in any page. docs/WIDGET.md has its attributes, methods and events.
 */
import {
  ATTRIBUTES,
  endpointOf,
  imageOriginsOf,
  REBUILDING_ATTRIBUTES,
  settingsOf,
  storageOf,
} from './attributes.ts'
import type { PageContext } from './context/page-context.ts'
import { emitFrom, type MillraceEvents } from './events.ts'
import { createPanel, type Panel } from './panel.ts'
import { PROPERTIES, withProperties } from './properties.ts'
import type { Strings } from './strings/en.ts'
import {
  chooseLanguage,
  directionOf,
  type Language,
  loadStrings,
  wholeStrings,
} from './strings/load-strings.ts'
import { checkNames, ownStrings } from './strings/own-strings.ts'
import { hasConversation } from './talk/storage-names.ts'
import type { createTalkContext, ExportFormat, TalkContext } from './talk.ts'
import type { Visitor } from './visitor/visitor.ts'

/** Lets the class be imported without a DOM, such as in server-side rendering. */
const Base = /* @__PURE__ */ withProperties(globalThis.HTMLElement ?? (class {} as typeof HTMLElement))

/**
 * The element. When one of the attributes changes that need it, the panel is built anew from what is stored,
 * and an answer in progress is resumed.
 */
export class MillraceChat extends Base {
  /** The Worker for elements without an `endpoint`; empty for the page's own origin. */
  static endpoint = ''
  static readonly observedAttributes = [...ATTRIBUTES]

  /** The visitor of a page that also calls its Worker otherwise. Set it before the element is in the page. */
  declare visitor: Visitor | undefined

  #pageContext: PageContext | undefined

  readonly #emit = emitFrom(this)
  readonly #internals = this.attachInternals()
  /** The host's strings as JSON, so that equal objects compare as equal. */
  #ownStrings = '{}'
  #context: TalkContext | undefined
  #panel: Panel | undefined
  #renewalDue = false
  #ready = false
  /** Number of the latest build of the panel: earlier ones that are still loading are dropped. */
  #buildNumber = 0
  /** The unsent question, kept while there is no panel. */
  #draft = ''
  /** Method calls that wait for the panel. */
  #calls: ((panel: Panel) => void)[] = []

  connectedCallback(): void {
    for (const name of ['strings', 'context', ...PROPERTIES] as const) this.#upgradeProperty(name)
    this.#renew()
  }

  disconnectedCallback(): void {
    this.#renew()
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    // [spec] Also called when the value stays the same.
    if (before === now) return
    if (REBUILDING_ATTRIBUTES.includes(name)) this.#renew()
    else if (name === 'open') this.#followOpen()
    else {
      this.#panel?.update()
      // An element that has become a launcher follows its `open` attribute.
      this.#followOpen()
    }
  }

  /** The host's own texts, in place of the widget's. */
  get strings(): Partial<Strings> {
    return JSON.parse(this.#ownStrings)
  }

  set strings(strings: Partial<Strings>) {
    const own = JSON.stringify(readStrings(strings))
    // Frameworks set an object again at each render.
    if (own === this.#ownStrings) return
    this.#ownStrings = own
    this.#renew()
  }

  /** What the page says of itself with each question; `null`: nothing. */
  get context(): PageContext | null {
    return this.#pageContext ?? null
  }

  set context(read: PageContext | null | undefined) {
    if (read != null && typeof read !== 'function') throw new TypeError('context must be a function.')
    this.#pageContext = read ?? undefined
    this.#panel?.pageChanged()
  }

  /** Opens a launcher's panel. Other positions are always open. */
  show(): void {
    this.#call((panel) => panel.open())
  }

  /** Closes a launcher's panel. */
  hide(): void {
    this.#call((panel) => panel.close())
  }

  /** @deprecated Call `hide()`. */
  close(): void {
    this.hide()
  }

  /**
   * Asks a question as if it had been typed: now, or when the panel is ready. If another answer is in
   * progress by then, the question is put into the question box.
   *
   * @returns whether the question is asked; `false` while another answer is in progress, or if the page
   *   prevents it
   */
  ask(text: string): boolean {
    const question = text.trim()
    if (question === '') return false
    if (this.#panel) return this.#panel.ask(question)
    this.#calls.push((panel) => {
      // Another question may have been asked meanwhile.
      if (!panel.ask(question)) panel.draft ||= question
    })
    return true
  }

  /** Stops the answer in progress, for all its readers. */
  stop(): void {
    this.#call((panel) => panel.stop())
  }

  /** Shows questions to go on with below the latest answer, until one is asked; none removes them. */
  suggest(questions: readonly string[]): void {
    if (!Array.isArray(questions)) throw new TypeError('suggest takes a list of questions.')
    this.#call((panel) => panel.suggest(questions))
  }

  /** Begins a new conversation. The old one stays in the list. */
  clear(): void {
    this.#call((panel) => panel.clear())
  }

  /** This conversation as text or as data (docs/WIDGET.md). Empty before the first question. */
  export(format: ExportFormat = 'markdown'): string {
    return this.#panel?.export(format) ?? ''
  }

  override focus(): void {
    this.#call((panel) => panel.focus())
  }

  /** Calls the panel now, or when it is ready. */
  #call(call: (panel: Panel) => void): void {
    if (this.#panel) call(this.#panel)
    else this.#calls.push(call)
  }

  /**
   * Builds the panel once for all changes of the same task: an element that is moved is disconnected and
   * connected again.
   */
  #renew(): void {
    if (this.#renewalDue) return
    this.#renewalDue = true
    queueMicrotask(() => {
      this.#renewalDue = false
      void this.#build()
    })
  }

  async #build(): Promise<void> {
    const buildNumber = ++this.#buildNumber
    if (this.#panel) this.#removePanel(this.#panel)
    if (!this.isConnected) return
    const language: Language = chooseLanguage(this.#languages())
    const loaded = await loadStrings(language)
    // The element may have been removed or changed while loading.
    if (!this.isConnected || this.#renewalDue || this.#buildNumber !== buildNumber) return
    const corner = directionOf(language) === 'rtl' ? 'bottom-left' : 'bottom-right'
    const { storage, scope } = this.#storage()
    const own = { ...readStrings(this.getAttribute('strings')), ...this.strings }
    this.#panel = createPanel({
      shadow: this.shadowRoot ?? this.attachShadow({ mode: 'open' }),
      language,
      strings: { ...loaded, ...own },
      settings: () => settingsOf(this, corner),
      // Covers a rebuilt panel without storage, too.
      hasConversation: this.#context !== undefined || hasConversation(storage, scope),
      loadTalk: async () => {
        const [{ createTalk, createTalkContext }, whole] = await Promise.all([
          import('./talk.ts'),
          wholeStrings(loaded),
        ])
        return (options) => {
          const context = this.#contextFor(createTalkContext)
          const strings = { ...whole, ...own }
          return createTalk({
            ...options,
            strings,
            context,
            imageOrigins: imageOriginsOf(this),
            pageContext: () => this.#pageContext,
            math: this.math,
            runsCode: this.run,
          })
        }
      },
      loadDictation: async (form) => {
        const [{ createDictation }, whole] = await Promise.all([
          import('./dictation/dictation.ts'),
          wholeStrings(loaded),
        ])
        // A wanted tag may say more than the widget's language does, such as `pt-BR`.
        const tag = this.#languages().find((tag) => tag && chooseLanguage([tag]) === language)
        return createDictation(form, { strings: { ...whole, ...own }, language: tag || language })
      },
      emit: this.#emit,
      opened: (open) => {
        this.open = open
      },
      // Used by style/look.css: the page's style can't set this state.
      setOver: (over) => (over ? this.#internals.states.add('over') : this.#internals.states.delete('over')),
    })
    this.#panel.draft = this.#draft
    if (this.open) this.#panel.open('quietly')
    for (const call of this.#calls.splice(0)) call(this.#panel)
    if (!this.#ready) this.#emit('millrace-ready')
    this.#ready = true
  }

  #removePanel(panel: Panel): void {
    const { draft, waiting } = panel
    this.#draft = draft
    panel.remove()
    this.#panel = undefined
    if (waiting !== undefined) this.ask(waiting)
  }

  /**
   * Keeps the context while endpoint and storage stay the same, and with it a conversation that is in memory
   * only.
   */
  #contextFor(create: typeof createTalkContext): TalkContext {
    const { endpoint, storage, scope } = this.#storage()
    const existing = this.#context
    if (existing?.endpoint === endpoint && existing.storage === storage) return existing
    const challengePlace = () => this.#challengePlace()
    this.#context = create({ endpoint, storage, scope, visitor: this.visitor, challengePlace })
    return this.#context
  }

  #storage() {
    const endpoint = endpointOf(this, MillraceChat.endpoint)
    return { endpoint, storage: storageOf(this), scope: endpoint || location.origin }
  }

  #followOpen(): void {
    if (this.open) this.#panel?.open()
    else this.#panel?.close()
  }

  /** The wanted languages, the first one first. */
  #languages(): (string | undefined)[] {
    const own = this.closest<HTMLElement>('[lang]')?.lang
    return [own, document.documentElement.lang, ...navigator.languages]
  }

  /** In the light DOM: Turnstile looks for its elements in the document. */
  #challengePlace(): HTMLElement {
    const there = this.querySelector<HTMLElement>(':scope > [slot="challenge"]')
    if (there) return there
    const place = document.createElement('div')
    place.slot = 'challenge'
    this.append(place)
    return place
  }

  /** [spec] A property set before the element was defined shadows the accessor of the class: set it again. */
  #upgradeProperty(name: 'strings' | 'context' | (typeof PROPERTIES)[number]): void {
    if (!Object.hasOwn(this, name)) return
    const { [name]: value } = this
    delete (this as Partial<this>)[name]
    Object.assign(this, { [name]: value })
  }
}

function readStrings(value: unknown): Partial<Strings> {
  try {
    const own = ownStrings(value)
    checkNames(own).catch(console.error)
    return own
  } catch (error) {
    // For the page's author. The widget's own strings are used instead.
    console.error(error)
    return {}
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'millrace-chat': MillraceChat
  }
  interface HTMLElementEventMap extends MillraceEvents {}
  // Events bubble and cross Shadow DOM.
  interface DocumentEventMap extends MillraceEvents {}
}
