/** The tag maker's form: what a tag can say, each with a label and a place for what is wrong with it. */
import { LANGUAGES } from '../../widget/strings/load-strings.ts'
import { create, icon } from '../../widget/view/element.ts'
import { OWN_COLORS } from './contrast.ts'
import { COLORS, type Color, type Field, PLACEMENTS, type Placement, type TagSettings } from './tag.ts'
import { toRgb } from './to-rgb.ts'

export interface Form {
  element: HTMLFormElement
  /** Whether the tag pins the version. */
  readonly pinned: boolean
  read(): TagSettings
  /**
   * Says what is wrong, except with a field that is still being written in, and what is not wrong but hard to
   * read.
   */
  showProblems(problems: Partial<Record<Field, string>>, warnings: Partial<Record<Field, string>>): void
}

const PLACEMENT_NAMES: Record<Placement, string> = {
  bubble: 'A bubble in the corner',
  'bottom-right': 'A bubble at the right',
  'bottom-left': 'A bubble at the left',
  inline: 'In the page’s text',
  page: 'The whole window',
}

const COLOR_NAMES: Record<Color, string> = {
  accent: 'Accent',
  'on-accent': 'Text on the accent',
  paper: 'Background',
  surface: 'Boxes',
  ink: 'Text',
  'ink-soft': 'Secondary text',
  line: 'Borders',
}

/** These come first; the others are rarely changed. */
const FIRST_COLORS: readonly Color[] = ['accent', 'on-accent']

/**
 * @param models those that the Worker lists; none if it lists none to this visitor
 * @param changed called after each change
 */
export function createForm(models: readonly string[], version: string, changed: () => void): Form {
  const heading = create('input', { class: 'box', id: 'embed-heading', placeholder: 'Your site’s name' })
  const avatar = create('input', { class: 'box', id: 'embed-avatar', type: 'url', spellcheck: 'false' })
  avatar.placeholder = 'https://example.com/logo.png'
  const greeting = create('textarea', { class: 'box', id: 'embed-greeting', rows: '1' })
  greeting.placeholder = 'A welcome, in the chat’s language'
  const starters = create('textarea', { class: 'box', id: 'embed-starters', rows: '2' })
  starters.placeholder = 'When are you open?\nWhat does a tour cost?'
  const placement = createSelect(
    'embed-placement',
    PLACEMENTS.map((name) => [name, PLACEMENT_NAMES[name]]),
  )
  const model = createSelect('embed-model', [
    ['', 'The Worker’s first'],
    ...models.map((id): [string, string] => [id, id]),
  ])
  const lang = createSelect('embed-lang', [
    ['', 'The page’s language'],
    ...LANGUAGES.map((code): [string, string] => [code, nameOf(code)]),
  ])
  const colors = new Map(COLORS.map((color) => [color, createColor(color)]))
  const speed = create('input', { type: 'checkbox', id: 'embed-speed' })
  const math = create('input', { type: 'checkbox', id: 'embed-math' })
  const dictation = create('input', { type: 'checkbox', id: 'embed-dictation' })
  const pin = create('input', { type: 'checkbox', id: 'embed-pin', checked: true })
  const fieldsOf = (wanted: (color: Color) => boolean) =>
    COLORS.filter(wanted).map((color) => {
      const { text, swatch } = colors.get(color) ?? createColor(color)
      return createField(COLOR_NAMES[color], text, create('div', { class: 'color' }, swatch, text))
    })

  const element = create(
    'form',
    { class: 'embed-form', autocomplete: 'off' },
    createField('Name', heading),
    createField('Picture', avatar),
    createField('Greeting', greeting),
    createField('Starters, one in each line', starters),
    createField('Place', placement.select, placement.element),
    createField('Model', model.select, model.element),
    createField('Language', lang.select, lang.element),
    ...fieldsOf((color) => FIRST_COLORS.includes(color)),
    create(
      'details',
      { class: 'more' },
      create('summary', {}, 'More colours'),
      ...fieldsOf((color) => !FIRST_COLORS.includes(color)),
    ),
    create('label', { class: 'pin' }, speed, create('span', {}, 'Show how fast answers come')),
    create('label', { class: 'pin' }, math, create('span', {}, 'Show formulas (TeX)')),
    create('label', { class: 'pin' }, dictation, create('span', {}, 'Let visitors dictate')),
    create('label', { class: 'pin' }, pin, create('span', {}, `Pin version ${version} by its hash`)),
  )
  const controls: Record<Field, HTMLInputElement | HTMLTextAreaElement> = {
    avatar,
    starters,
    ...(Object.fromEntries(Array.from(colors, ([color, { text }]) => [color, text])) as Record<
      Color,
      HTMLInputElement
    >),
  }
  /** The field that is being written in. Half a value is not wrong yet. */
  let writing: EventTarget | null = null

  element.addEventListener('submit', (event) => event.preventDefault())
  element.addEventListener('input', (event) => {
    writing = event.target
    changed()
  })
  element.addEventListener('change', () => {
    writing = null
    changed()
  })

  return {
    element,
    get pinned() {
      return pin.checked
    },
    read: () => ({
      heading: heading.value,
      avatar: avatar.value,
      greeting: greeting.value,
      starters: starters.value,
      placement: PLACEMENTS.find((name) => name === placement.select.value) ?? 'bubble',
      model: model.select.value,
      lang: lang.select.value,
      speed: speed.checked,
      math: math.checked,
      dictation: dictation.checked,
      colors: Object.fromEntries(Array.from(colors, ([color, { text }]) => [color, text.value])),
    }),
    showProblems(problems, warnings) {
      for (const [name, control] of Object.entries(controls)) {
        const field = name as Field
        if (problems[field] && control === writing) continue
        const words = problems[field] ?? warnings[field] ?? ''
        const place = document.getElementById(`${control.id}-problem`)
        if (!place || place.textContent === words) continue
        place.textContent = words
        place.hidden = words === ''
        place.classList.toggle('warning', problems[field] === undefined)
        control.ariaInvalid = problems[field] === undefined ? null : 'true'
      }
    },
  }
}

/** @param shown what holds the control, if it is not shown alone */
function createField(name: string, control: HTMLElement, shown: HTMLElement = control): HTMLElement {
  const problem = create('p', { class: 'problem', id: `${control.id}-problem`, role: 'alert', hidden: true })
  control.setAttribute('aria-describedby', problem.id)
  return create(
    'div',
    { class: 'field' },
    create('label', { class: 'label', for: control.id }, name),
    shown,
    problem,
  )
}

function createSelect(id: string, options: readonly [value: string, name: string][]) {
  const select = create('select', { id })
  select.append(...options.map(([value, name]) => new Option(name, value)))
  const arrow = icon('fold')
  arrow.setAttribute('class', 'arrow')
  return { select, element: create('div', { class: 'select' }, select, arrow) }
}

/** A text for any colour of CSS, and a picker that writes into it. */
function createColor(color: Color): { text: HTMLInputElement; swatch: HTMLInputElement } {
  const name = COLOR_NAMES[color]
  const [own] = OWN_COLORS[color]
  const text = create('input', { class: 'box', id: `embed-${color}`, placeholder: own, spellcheck: 'false' })
  const swatch = create('input', {
    type: 'color',
    class: 'swatch',
    'aria-label': `${name}: pick`,
    value: own,
  })
  swatch.addEventListener('input', () => {
    text.value = swatch.value
  })
  text.addEventListener('input', () => {
    const rgb = toRgb(text.value, 'light')
    const hex = rgb?.map((part) => part.toString(16).padStart(2, '0')).join('')
    swatch.value = hex === undefined ? own : `#${hex}`
  })
  return { text, swatch }
}

/** A language's name in itself. */
function nameOf(code: string): string {
  const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
  return name.charAt(0).toLocaleUpperCase(code) + name.slice(1)
}
