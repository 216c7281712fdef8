/** The element's attributes, parsed: each is one of what it can be, and its default where it says something else. */

const CORNERS = ['bottom-right', 'bottom-left'] as const
const POSITIONS = ['inline', 'page', ...CORNERS] as const
const THEMES = ['auto', 'light', 'dark'] as const
const STORAGES = ['session', 'local', 'none'] as const

export type Position = (typeof POSITIONS)[number]
export type Theme = (typeof THEMES)[number]
export type StorageKind = (typeof STORAGES)[number]

/** All that are watched. */
export const ATTRIBUTES = [
  'endpoint',
  'model',
  'heading',
  'greeting',
  'placeholder',
  'starters',
  'theme',
  'lang',
  'position',
  'launcher',
  'open',
  'storage',
  'strings',
  'image-origins',
  'speed',
] as const

/** Those that change what the widget is made of, so that it is made anew; the others change how it looks. */
export const FOUNDATIONS: readonly string[] = ['endpoint', 'lang', 'storage', 'strings', 'image-origins']

type Attributes = Pick<Element, 'getAttribute'>

/** What changes nothing but the looks, and the next question. */
export interface Settings {
  model: string | undefined
  /** `undefined` where the language's own words are to stand, here and below. */
  heading: string | undefined
  greeting: string | undefined
  placeholder: string | undefined
  starters: string[]
  theme: Theme
  position: Position
  /** Whether how fast an answer came is always shown. */
  speed: boolean
}

/** @param corner where a launcher stands that doesn't say so */
export function settingsOf(element: Attributes, corner: (typeof CORNERS)[number]): Settings {
  const text = (name: string) => element.getAttribute(name)?.trim() || undefined
  const position = oneOf(
    POSITIONS,
    element.getAttribute('position'),
    isOn(element.getAttribute('launcher')) ? corner : 'inline',
  )
  return {
    model: text('model'),
    heading: text('heading'),
    greeting: text('greeting'),
    placeholder: text('placeholder'),
    starters: listOf(text('starters'), '|'),
    theme: oneOf(THEMES, element.getAttribute('theme'), 'auto'),
    position,
    speed: isOn(element.getAttribute('speed')),
  }
}

export const storageOf = (element: Attributes): StorageKind =>
  oneOf(STORAGES, element.getAttribute('storage'), 'session')

/** Origins, as a browser writes them; what is no address is left out. */
export function imageOriginsOf(element: Attributes): string[] {
  return listOf(element.getAttribute('image-origins') ?? '', /\s+/).flatMap(
    (address) => URL.parse(address)?.origin ?? [],
  )
}

/** Without a slash at its end, so that a path can follow; empty for the page's own origin. */
export function endpointOf(element: Attributes, otherwise: string): string {
  return (element.getAttribute('endpoint')?.trim() || otherwise).replace(/\/+$/, '')
}

/**
 * Of what is there or not. [spec] In HTML such an attribute is there whatever it says; but Vue and Svelte write the `false`
 * that it is bound to, and set a property to the empty text of an attribute without a value.
 */
export const isOn = (value: unknown): boolean => value === '' || (Boolean(value) && value !== 'false')

export const isLauncher = (position: Position): boolean => oneOf(CORNERS, position, undefined) !== undefined

function oneOf<const Value extends string, Default>(
  values: readonly Value[],
  given: string | null,
  otherwise: Default,
): Value | Default {
  return values.find((value) => value === given?.trim().toLowerCase()) ?? otherwise
}

function listOf(text: string | undefined, separator: string | RegExp): string[] {
  return (text?.split(separator) ?? []).map((item) => item.trim()).filter(Boolean)
}
