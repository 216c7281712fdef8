/** Parses the element's attributes into closed unions. An unknown value counts as the default. */

const CORNERS = ['bottom-right', 'bottom-left'] as const
const POSITIONS = ['inline', 'page', ...CORNERS] as const
const THEMES = ['auto', 'light', 'dark'] as const
const STORAGES = ['session', 'local', 'none'] as const

export type Position = (typeof POSITIONS)[number]
export type Theme = (typeof THEMES)[number]
export type StorageKind = (typeof STORAGES)[number]

/** All observed attributes. */
export const ATTRIBUTES = [
  'endpoint',
  'model',
  'heading',
  'avatar',
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
  'math',
  'run',
  'speed',
  'dictation',
] as const

/** Attributes that need a new panel. The others only update the existing one. */
export const REBUILDING_ATTRIBUTES: readonly string[] = [
  'endpoint',
  'lang',
  'storage',
  'strings',
  'image-origins',
  'math',
  'run',
]

type Attributes = Pick<Element, 'getAttribute'>

/** Settings that can change without a new panel. */
export interface Settings {
  model: string | undefined
  /** `undefined` for the site's name. */
  heading: string | undefined
  /** Address of an image. */
  avatar: string | undefined
  /** `undefined` for the language's own text, as for the next one. */
  greeting: string | undefined
  placeholder: string | undefined
  starters: string[]
  theme: Theme
  position: Position
  /** Whether the speed of answers is shown. */
  speed: boolean
  /** Whether questions can be dictated. */
  dictation: boolean
}

/** @param corner the corner of a launcher that names none */
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
    avatar: imageAddress(text('avatar')),
    greeting: text('greeting'),
    placeholder: text('placeholder'),
    starters: listOf(text('starters'), '|'),
    theme: oneOf(THEMES, element.getAttribute('theme'), 'auto'),
    position,
    speed: isOn(element.getAttribute('speed')),
    dictation: isOn(element.getAttribute('dictation')),
  }
}

export const storageOf = (element: Attributes): StorageKind =>
  oneOf(STORAGES, element.getAttribute('storage'), 'session')

/** @returns the address if it is one of the web, of the page's own origin, or has the image in itself */
const imageAddress = (address = ''): string | undefined =>
  /^(?:https?:|data:image\/|(?!\w[\w+.-]*:).)/i.test(address) ? address : undefined

/** Origins in the browser's spelling. Invalid addresses are ignored. */
export function imageOriginsOf(element: Attributes): string[] {
  return listOf(element.getAttribute('image-origins') ?? '', /\s+/).flatMap(
    (address) => URL.parse(address)?.origin ?? [],
  )
}

/** Has no slash at its end, so that a path can follow; empty for the page's own origin. */
export function endpointOf(element: Attributes, otherwise: string): string {
  return (element.getAttribute('endpoint')?.trim() || otherwise).replace(/(?<!\/)\/+$/, '')
}

/**
 * Reads a boolean attribute. [spec] In HTML its presence counts, whatever its value. But Vue and Svelte write
 * a bound `false` as a value, and set the property to '' for an attribute without a value.
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
