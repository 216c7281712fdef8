/** Creates elements without parsing markup, which any Content-Security-Policy allows. */

type Attribute = string | boolean | undefined

/**
 * @param attributes `true` sets an attribute without a value; `false` and `undefined` set none
 * @example
 *   create('button', { type: 'button', 'aria-label': 'Send' }, icon('send'))
 */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, Attribute> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

/** A button with an icon and an accessible name. */
export function iconButton(
  name: IconName | Outline,
  label: string,
  attributes: Record<string, Attribute> = {},
): HTMLButtonElement {
  return create('button', { type: 'button', 'aria-label': label, title: label, ...attributes }, icon(name))
}

/** Outlines in a 24 × 24 box, in the text's colour. */
const ICONS = {
  chat: 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM8 10h8M8 13h5',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  fold: 'M6 9.5l6 6 6-6',
  send: 'M12 19.5V5M5.5 11.5L12 5l6.5 6.5',
  stop: 'M8 8h8v8H8z',
  list: 'M4 7h16M4 12h16M4 17h10',
  back: 'M19 12H5M11 6l-6 6 6 6',
  add: 'M12 5v14M5 12h14',
  edit: 'M4 20l1-4L16.5 4.5a1.5 1.5 0 0 1 2 0l1 1a1.5 1.5 0 0 1 0 2L8 19z',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  done: 'M5 13l4.5 4.5L19 7',
  again: 'M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5',
  up: 'M7 11v9H4v-9zM7 11l4-7c1.7 0 2.5 1 2.2 2.6L12.7 9.5H18a2 2 0 0 1 2 2.4l-1.2 6A2.5 2.5 0 0 1 16.4 20H7',
  remove: 'M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
} as const

export type IconName = keyof typeof ICONS
/** An outline that only a lazy part has. */
type Outline = `M${string}`

export function icon(name: IconName | Outline): SVGElement {
  const [svg, path] = [draw('svg'), draw('path')]
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', ICONS[name as IconName] ?? name)
  svg.append(path)
  return svg
}

const draw = (tag: 'svg' | 'path') => document.createElementNS('http://www.w3.org/2000/svg', tag)
