/**
 * The element's attributes as properties: setting one sets its attribute, and `null` or `undefined` removes
 * it. Frameworks set a property where the element has one.
 */
import { isOn, type Position, type StorageKind, type Theme } from './attributes.ts'

type Text = string | null | undefined
/** Frameworks write '' for an attribute without a value, and may write 'false'. */
type Flag = boolean | string | null | undefined

export interface Properties {
  get endpoint(): string
  set endpoint(value: Text)
  get model(): string
  set model(value: Text)
  get heading(): string
  set heading(value: Text)
  /** Address of an image. */
  get avatar(): string
  set avatar(value: Text)
  get greeting(): string
  set greeting(value: Text)
  get placeholder(): string
  set placeholder(value: Text)
  /** Separated by `|`, as in the attribute. */
  get starters(): string
  set starters(value: Text)
  get theme(): string
  set theme(value: Theme | null | undefined)
  get position(): string
  set position(value: Position | null | undefined)
  get storage(): string
  set storage(value: StorageKind | null | undefined)
  /** Separated by spaces, as in the attribute. */
  get imageOrigins(): string
  set imageOrigins(value: Text)
  get launcher(): boolean
  set launcher(value: Flag)
  /** Whether formulas are shown as such. */
  get math(): boolean
  set math(value: Flag)
  get speed(): boolean
  set speed(value: Flag)
  get dictation(): boolean
  set dictation(value: Flag)
  /** Whether code of answers can be run, where the Worker lets it. */
  get run(): boolean
  set run(value: Flag)
  /** Whether a launcher's panel is open. */
  get open(): boolean
  set open(value: Flag)
}

const TEXTS = {
  endpoint: 'endpoint',
  model: 'model',
  heading: 'heading',
  avatar: 'avatar',
  greeting: 'greeting',
  placeholder: 'placeholder',
  starters: 'starters',
  theme: 'theme',
  position: 'position',
  storage: 'storage',
  imageOrigins: 'image-origins',
} as const

const FLAGS = ['launcher', 'math', 'speed', 'dictation', 'run', 'open'] as const

/** All properties that reflect an attribute. */
export const PROPERTIES = [...(Object.keys(TEXTS) as (keyof typeof TEXTS)[]), ...FLAGS]

/** @returns a class with these properties between the given one and the element's own */
export function withProperties(Base: typeof HTMLElement): new () => HTMLElement & Properties {
  class Reflecting extends Base {}
  for (const [property, attribute] of Object.entries(TEXTS)) {
    reflect(Reflecting, property, {
      get() {
        return this.getAttribute(attribute) ?? ''
      },
      set(value: Text) {
        if (value == null) this.removeAttribute(attribute)
        else this.setAttribute(attribute, String(value))
      },
    })
  }
  for (const flag of FLAGS) {
    reflect(Reflecting, flag, {
      get() {
        return isOn(this.getAttribute(flag))
      },
      set(value: unknown) {
        this.toggleAttribute(flag, isOn(value))
      },
    })
  }
  return Reflecting as unknown as new () => HTMLElement & Properties
}

function reflect(
  { prototype }: typeof HTMLElement,
  name: string,
  accessors: { get(this: HTMLElement): unknown; set(this: HTMLElement, value: never): void },
): void {
  Object.defineProperty(prototype, name, { ...accessors, enumerable: true, configurable: true })
}
