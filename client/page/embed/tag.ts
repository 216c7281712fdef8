/**
 * The tag that puts a chat on a site, as docs/WIDGET.md describes it: a script, an element where the chat has
 * a place in the page, and a style where it has colours.
 */

export const COLORS = ['accent', 'on-accent', 'paper', 'surface', 'ink', 'ink-soft', 'line'] as const
export type Color = (typeof COLORS)[number]

export const PLACEMENTS = ['bubble', 'bottom-right', 'bottom-left', 'inline', 'page'] as const
/** The widget's positions, and `bubble`: a launcher whose corner follows the language. */
export type Placement = (typeof PLACEMENTS)[number]

/** What the form says. An empty text is the widget's own default, and is left out of the tag. */
export interface TagSettings {
  heading: string
  /** Address of an image. */
  avatar: string
  greeting: string
  /** One in each line. */
  starters: string
  placement: Placement
  model: string
  lang: string
  /** Whether the speed of answers is shown. */
  speed: boolean
  /** Whether formulas are shown as such. */
  math: boolean
  /** Whether questions can be dictated. */
  dictation: boolean
  colors: Partial<Record<Color, string>>
}

export interface Release {
  /** The Worker's origin. */
  origin: string
  version: string
  /** Hash of this version's `widget.js`, as in `<script integrity>`. */
  integrity: string
}

export type Field = 'avatar' | 'starters' | Color

const isLauncher = (placement: Placement) => placement !== 'inline' && placement !== 'page'

/** The element's attributes, beside `launcher`. */
export function attributesOf(settings: TagSettings): [name: string, value: string][] {
  const { heading, avatar, greeting, placement, model, lang, speed, math, dictation } = settings
  const given: [string, string][] = [
    ['heading', heading],
    ['avatar', avatar],
    ['greeting', greeting.replace(/\r\n?/g, '\n')],
    ['starters', startersOf(settings).join('|')],
    ['position', placement === 'bubble' || placement === 'inline' ? '' : placement],
    ['model', model],
    ['lang', lang],
  ]
  const texts = given.map(([name, value]): [string, string] => [name, value.trim()])
  const flags = Object.entries({ speed, math, dictation }).filter(([, isOn]) => isOn)
  return [...texts.filter(([, value]) => value), ...flags.map(([name]): [string, string] => [name, ''])]
}

/** The element's custom properties. */
export function propertiesOf({ colors }: TagSettings): [name: string, value: string][] {
  return COLORS.flatMap((color) => {
    const value = colors[color]?.trim()
    return value ? [[`--millrace-${color}`, value] as [string, string]] : []
  })
}

/**
 * @param isColor whether CSS takes this text as a colour
 * @returns what is wrong, by field; empty if a tag can be made
 */
export function problemsOf(
  settings: TagSettings,
  isColor: (text: string) => boolean,
): Partial<Record<Field, string>> {
  const problems: Partial<Record<Field, string>> = {}
  const avatar = settings.avatar.trim()
  // Any other address is another one on the site than here.
  if (avatar && !/^(?:https:\/\/\S|data:image\/)/i.test(avatar)) {
    problems.avatar = `“${avatar}” is not the whole address of an image. Write one such as https://example.com/logo.png.`
  }
  const split = startersOf(settings).find((starter) => starter.includes('|'))
  if (split !== undefined) {
    problems.starters = `“${split}” has a |, which separates questions in the tag. Write it without.`
  }
  for (const color of COLORS) {
    const value = settings.colors[color]?.trim()
    if (value && !(isPlain(value) && isColor(value))) {
      problems[color] =
        `CSS has no colour “${value}”. Write one such as #7a1f3d, rebeccapurple or rgb(122 31 61).`
    }
  }
  return problems
}

/**
 * Without what could end a declaration, a style sheet or its element. CSS itself allows such in comments and
 * `var()`.
 */
const isPlain = (value: string) => /^[\w\s#.,%()+/-]*$/.test(value) && !value.includes('/*')

/**
 * @param release the version to pin; without its hash the tag takes whatever the Worker has deployed
 * @example
 *   <script type="module" src="https://millrace.example.com/v/0.1.0/widget.js"
 *     integrity="sha384-…" crossorigin
 *     data-launcher
 *     data-heading="Ask the librarian"></script>
 */
export function tagOf(
  settings: TagSettings,
  { origin, version, integrity }: Release,
  pinned: boolean,
): string {
  const attributes = attributesOf(settings)
  const launcher = isLauncher(settings.placement)
  const script = [
    `<script type="module" src="${toAttribute(`${origin}${pinned ? `/v/${version}` : ''}/widget.js`)}"`,
    ...(pinned ? [`integrity="${toAttribute(integrity)}" crossorigin`] : []),
    ...(launcher ? ['data-launcher', ...attributes.map((attribute) => `data-${written(attribute)}`)] : []),
  ]
  const element = ['<millrace-chat', ...attributes.map(written)]
  return [
    ...styleOf(settings),
    `${script.join('\n  ')}></script>`,
    ...(launcher ? [] : [`${element.join('\n  ')}></millrace-chat>`]),
  ].join('\n')
}

function styleOf(settings: TagSettings): string[] {
  const properties = propertiesOf(settings)
  if (properties.length === 0) return []
  const declarations = properties.map(([name, value]) => `    ${name}: ${value};`)
  return ['<style>', '  millrace-chat {', ...declarations, '  }', '</style>']
}

function startersOf({ starters }: TagSettings): string[] {
  return starters
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter(Boolean)
}

/** One without a value is on because it is there. */
const written = ([name, value]: [name: string, value: string]) =>
  value === '' ? name : `${name}="${toAttribute(value)}"`

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '"': '&quot;',
  '<': '&lt;',
  '>': '&gt;',
  '\n': '&#10;',
}

/** For an attribute's value in double quotes, on one line. */
function toAttribute(value: string): string {
  return value.replace(/[&"<>\n]/g, (character) => ENTITIES[character] ?? '')
}
