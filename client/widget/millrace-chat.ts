/** `<millrace-chat>`: a chat with a model, in any page. docs/WIDGET.md has its attributes, methods and events. */
import {
  ATTRIBUTES,
  endpointOf,
  FOUNDATIONS,
  imageOriginsOf,
  isOn,
  settingsOf,
  storageOf,
} from './attributes.ts'
import { emitFrom, type MillraceEvents } from './events.ts'
import { createPanel, type Panel } from './panel.ts'
import type { Strings } from './strings/en.ts'
import { chooseLanguage, directionOf, type Language, loadStrings } from './strings/load-strings.ts'
import { ownStrings } from './strings/own-strings.ts'
import { hasPlace } from './talk/place.ts'
import type { ExportFormat, Foundations, layFoundations } from './talk.ts'
import type { Visitor } from './visitor/visitor.ts'

/** Where there is no DOM, as on a server that renders pages, the class can be imported all the same. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/**
 * The panel is made anew, out of what is kept, when an attribute changes that it is made of; an answer that was coming is
 * then taken up again.
 */
export class MillraceChat extends Base {
  /** The Worker that elements without an `endpoint` ask; empty for the page's own origin. */
  static endpoint = ''
  static readonly observedAttributes = [...ATTRIBUTES]

  /** Who asks, for a page that asks its Worker for other things too. To be set before the element is in the page. */
  declare visitor: Visitor | undefined

  readonly #emit = emitFrom(this)
  readonly #internals = this.attachInternals()
  /** As JSON: two objects of the same words are the same words. */
  #own = '{}'
  #foundations: Foundations | undefined
  #panel: Panel | undefined
  #due = false
  #ready = false
  /** How often it was made: the latest counts. */
  #made = 0
  /** What is written and not sent yet, while there is no panel. */
  #draft = ''
  /** What was called before there was a panel. */
  #calls: ((panel: Panel) => void)[] = []

  connectedCallback(): void {
    this.#takeOver('strings')
    this.#takeOver('open')
    this.#renew()
  }

  disconnectedCallback(): void {
    this.#renew()
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    // [spec] Called also when it is set to what it was.
    if (before === now) return
    if (FOUNDATIONS.includes(name)) this.#renew()
    else if (name === 'open') this.#followOpen()
    else {
      this.#panel?.update()
      // A launcher that it has become is as open as it says.
      this.#followOpen()
    }
  }

  /** Words of the host's own, in place of the widget's. */
  get strings(): Partial<Strings> {
    return JSON.parse(this.#own)
  }

  set strings(strings: Partial<Strings>) {
    const own = JSON.stringify(readStrings(strings))
    // A component that writes them out sets them each time that it renders.
    if (own === this.#own) return
    this.#own = own
    this.#renew()
  }

  /** Opens a launcher's panel. Elsewhere it always is. */
  get open(): () => void {
    return () => this.#call((panel) => panel.open())
  }

  /** As the attribute: frameworks set what they find on an element by that name, and would put a value in the method's place. */
  set open(open: boolean | string | null | undefined) {
    if (isOn(open)) this.setAttribute('open', '')
    else this.removeAttribute('open')
  }

  close(): void {
    this.#call((panel) => panel.close())
  }

  /**
   * Asks as if it had been typed: now, or as soon as that can be done. If it turns out then that another answer comes, it
   * is put into the question box.
   *
   * @returns whether it is asked: it is not while another answer comes, or where the page prevents it
   */
  ask(text: string): boolean {
    const question = text.trim()
    if (question === '') return false
    if (this.#panel) return this.#panel.ask(question)
    this.#calls.push((panel) => {
      // Another one may have been asked before it.
      if (!panel.ask(question)) panel.draft ||= question
    })
    return true
  }

  /** Stops the answer that comes, for all who watch it. */
  stop(): void {
    this.#call((panel) => panel.stop())
  }

  /** Begins a new conversation; the one before stays in the list. */
  clear(): void {
    this.#call((panel) => panel.clear())
  }

  /** This conversation as text or as data (docs/WIDGET.md). Empty before there is one. */
  export(format: ExportFormat = 'markdown'): string {
    return this.#panel?.export(format) ?? ''
  }

  override focus(): void {
    this.#call((panel) => panel.focus())
  }

  /** Now, or as soon as there is a panel. */
  #call(call: (panel: Panel) => void): void {
    if (this.#panel) call(this.#panel)
    else this.#calls.push(call)
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
    const made = ++this.#made
    if (this.#panel) this.#takeAway(this.#panel)
    if (!this.isConnected) return
    const language = this.#language()
    const loaded = await loadStrings(language)
    // Meanwhile it may have been taken out, or something else changed.
    if (!this.isConnected || this.#due || this.#made !== made) return
    const corner = directionOf(language) === 'rtl' ? 'bottom-left' : 'bottom-right'
    const { storage, scope } = this.#whereKept()
    this.#panel = createPanel({
      shadow: this.shadowRoot ?? this.attachShadow({ mode: 'open' }),
      language,
      strings: { ...loaded, ...readStrings(this.getAttribute('strings')), ...this.strings },
      settings: () => settingsOf(this, corner),
      // Also where nothing is stored, and the panel alone is made anew.
      goesOn: this.#foundations !== undefined || hasPlace(storage, scope),
      loadTalk: async () => {
        const { createTalk, layFoundations } = await import('./talk.ts')
        return (options) => {
          const foundations = this.#layFoundations(layFoundations)
          return createTalk({ ...options, foundations, imageOrigins: imageOriginsOf(this) })
        }
      },
      emit: this.#emit,
      opened: (open) => {
        this.open = open
      },
      // For style/look.css, to which an attribute of the page's says less.
      setOver: (over) => (over ? this.#internals.states.add('over') : this.#internals.states.delete('over')),
    })
    this.#panel.draft = this.#draft
    if (isOn(this.getAttribute('open'))) this.#panel.open('quietly')
    for (const call of this.#calls.splice(0)) call(this.#panel)
    if (!this.#ready) this.#emit('millrace-ready')
    this.#ready = true
  }

  #takeAway(panel: Panel): void {
    const { draft, waiting } = panel
    this.#draft = draft
    panel.remove()
    this.#panel = undefined
    if (waiting !== undefined) this.ask(waiting)
  }

  /** As long as they are of the same, what a conversation without storage is kept in is not lost. */
  #layFoundations(lay: typeof layFoundations): Foundations {
    const { endpoint, storage, scope } = this.#whereKept()
    const laid = this.#foundations
    if (laid?.endpoint === endpoint && laid.storage === storage) return laid
    const challengePlace = () => this.#challengePlace()
    this.#foundations = lay({ endpoint, storage, scope, visitor: this.visitor, challengePlace })
    return this.#foundations
  }

  #whereKept() {
    const endpoint = endpointOf(this, MillraceChat.endpoint)
    return { endpoint, storage: storageOf(this), scope: endpoint || location.origin }
  }

  #followOpen(): void {
    if (isOn(this.getAttribute('open'))) this.#panel?.open()
    else this.#panel?.close()
  }

  #language(): Language {
    const own = this.closest<HTMLElement>('[lang]')?.lang
    return chooseLanguage([own, document.documentElement.lang, ...navigator.languages])
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

  /** [spec] What was set before the element was defined hides the class's own property. */
  #takeOver(name: 'strings' | 'open'): void {
    if (!Object.hasOwn(this, name)) return
    const { [name]: value } = this
    delete (this as Partial<this>)[name]
    Object.assign(this, { [name]: value })
  }
}

function readStrings(value: unknown): Partial<Strings> {
  try {
    return ownStrings(value)
  } catch (error) {
    // For whoever wrote the page; a chat in the widget's own words is better than none.
    console.error(error)
    return {}
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'millrace-chat': MillraceChat
  }
  interface HTMLElementEventMap extends MillraceEvents {}
  // They bubble, and cross Shadow DOM.
  interface DocumentEventMap extends MillraceEvents {}
}
