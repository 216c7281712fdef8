/** `<millrace-chat>`: a chat with a model, in any page. docs/WIDGET.md has its attributes, methods and events. */
import {
  ATTRIBUTES,
  endpointOf,
  FOUNDATIONS,
  imageOriginsOf,
  type StorageKind,
  settingsOf,
  storageOf,
} from './attributes.ts'
import { emitFrom } from './events.ts'
import { createPanel, type Panel } from './panel.ts'
import type { Strings } from './strings/en.ts'
import { chooseLanguage, directionOf, loadStrings } from './strings/load-strings.ts'
import { ownStrings } from './strings/own-strings.ts'
import { adoptStyles } from './style/styles.ts'
import type { ExportFormat } from './talk/export-conversation.ts'
import { type KeptConversations, keepConversations } from './talk/kept-conversations.ts'
import { createVisitor, type Visitor } from './visitor/visitor.ts'

/** What stays as long as the Worker and the place of storage are the same. */
interface Foundations {
  endpoint: string
  storage: StorageKind
  kept: KeptConversations
  visitor: Visitor
}

/** Where there is no DOM, as on a server that renders pages, the class can be imported all the same. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * What it is made of depends on a few attributes; when one of them changes, it is made anew out of what is kept, and an
 * answer that was coming is taken up again.
 */
export class MillraceChat extends Base {
  /** The Worker that elements without an `endpoint` ask; empty for the page's own origin. */
  static endpoint = ''
  static readonly observedAttributes = [...ATTRIBUTES]

  #panel: Panel | undefined
  #foundations: Foundations | undefined
  #own: Partial<Strings> = {}
  #emit = emitFrom(this)
  #due = false
  #ready = false
  /** What was called before the panel was there. */
  #queue: ((panel: Panel) => void)[] = []

  connectedCallback(): void {
    this.#takeOver('strings')
    this.#renew()
  }

  disconnectedCallback(): void {
    this.#renew()
  }

  attributeChangedCallback(name: string): void {
    if (name === 'open') this.#followOpen()
    else if (FOUNDATIONS.includes(name)) this.#renew()
    else this.#panel?.update()
  }

  /** The session with which this element asks, so that a page can ask with the same. */
  get visitor(): Visitor {
    return this.#lay().visitor
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

  /** This conversation as text or as data (docs/WIDGET.md). Empty before `millrace-ready`. */
  export(format: ExportFormat = 'markdown'): string {
    return this.#panel?.export(format) ?? ''
  }

  override focus(): void {
    this.#do((panel) => panel.focus())
  }

  #do(call: (panel: Panel) => void): void {
    if (this.#panel) call(this.#panel)
    else this.#queue.push(call)
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
    this.#panel = undefined
    if (!this.isConnected) return
    const language = this.#language()
    const loaded = await loadStrings(language)
    // Meanwhile it may have been taken out, or something else changed.
    if (!this.isConnected || this.#due || this.#panel) return
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    adoptStyles(shadow)
    const { kept, visitor, endpoint, storage } = this.#lay()
    this.#panel = createPanel({
      shadow,
      endpoint,
      language,
      strings: { ...loaded, ...this.#attributeStrings(), ...this.#own },
      storage,
      imageOrigins: imageOriginsOf(this),
      settings: () => settingsOf(this, directionOf(language) === 'rtl' ? 'bottom-left' : 'bottom-right'),
      kept,
      visitor,
      emit: this.#emit,
      opened: (open) => this.toggleAttribute('open', open),
    })
    this.#panel.draft = draft
    if (this.hasAttribute('open')) this.#panel.open('quietly')
    for (const call of this.#queue.splice(0)) call(this.#panel)
    if (!this.#ready) this.#emit('millrace-ready')
    this.#ready = true
  }

  #lay(): Foundations {
    const endpoint = endpointOf(this, MillraceChat.endpoint)
    const storage = storageOf(this)
    const laid = this.#foundations
    if (laid?.endpoint === endpoint && laid.storage === storage) return laid
    const scope = endpoint || location.origin
    this.#foundations = {
      endpoint,
      storage,
      kept: keepConversations({ storage, scope }),
      visitor: createVisitor(endpoint, storage, () => this.#challengePlace()),
    }
    return this.#foundations
  }

  /** Not in the shadow tree: Turnstile looks for its own elements in the page. */
  #challengePlace(): HTMLElement {
    const there = this.querySelector<HTMLElement>(':scope > [slot="challenge"]')
    if (there) return there
    const place = document.createElement('div')
    place.slot = 'challenge'
    this.append(place)
    return place
  }

  #followOpen(): void {
    if (this.hasAttribute('open')) this.#panel?.open()
    else this.#panel?.close()
  }

  #language(): ReturnType<typeof chooseLanguage> {
    const own = this.closest<HTMLElement>('[lang]')?.lang
    return chooseLanguage([own, document.documentElement.lang, ...navigator.languages])
  }

  #attributeStrings(): Partial<Strings> {
    try {
      return ownStrings(this.getAttribute('strings') ?? {})
    } catch (error) {
      // For whoever wrote the page; a chat in the widget's own words is better than none.
      console.error(error)
      return {}
    }
  }

  /** [spec] What was set before the element was defined hides the class's own property. */
  #takeOver(name: 'strings'): void {
    if (!Object.hasOwn(this, name)) return
    const value = this[name]
    delete (this as Partial<this>)[name]
    this[name] = value
  }
}
