/** The permanent structure of the widget: header, log, and the dock with the question box. */
import type { Strings } from '../strings/en.ts'
import { create, icon, iconButton } from './element.ts'

export interface Frame {
  panel: HTMLElement
  heading: HTMLElement
  list: HTMLButtonElement
  add: HTMLButtonElement
  close: HTMLButtonElement
  /** The scrolling element, and its content. */
  log: HTMLElement
  content: HTMLElement
  welcome: HTMLElement
  greeting: HTMLElement
  starters: HTMLElement
  latest: HTMLButtonElement
  /** Holds the question box. */
  dock: HTMLElement
  keys: HTMLElement
  allowance: HTMLElement
}

export function createFrame(strings: Strings): Frame {
  const list = iconButton('list', strings.conversations, {
    id: 'list',
    class: 'tool',
    'aria-expanded': 'false',
  })
  const add = iconButton('add', strings.newConversation, { id: 'new', class: 'tool' })
  const close = iconButton('close', strings.closeChat, { id: 'close', class: 'tool', hidden: true })
  const heading = create('h2', { id: 'heading', part: 'heading' })
  const header = create(
    'header',
    { part: 'header', class: 'header' },
    list,
    create('slot', { name: 'heading' }, heading),
    create('slot', { name: 'tools' }),
    add,
    close,
  )

  const greeting = create('p', { part: 'greeting', class: 'greeting', dir: 'auto' })
  const starters = create('ul', { id: 'starters', class: 'starters' })
  const welcome = create(
    'div',
    { id: 'welcome', class: 'welcome' },
    create('slot', { name: 'welcome' }, greeting),
    starters,
  )
  const content = create('div', { class: 'content' }, welcome)
  // Focusable for keyboard scrolling.
  const log = create(
    'div',
    {
      id: 'log',
      part: 'log',
      class: 'log',
      role: 'region',
      'aria-label': strings.conversation,
      tabindex: '0',
    },
    content,
  )

  const latest = create(
    'button',
    { type: 'button', id: 'latest', part: 'latest', class: 'latest', hidden: true },
    icon('down'),
    strings.newTextBelow,
  )
  const keys = create('p', { id: 'keys', class: 'keys' })
  const allowance = create('p', { id: 'allowance', class: 'allowance', hidden: true })
  const dock = create(
    'footer',
    { part: 'dock', class: 'dock' },
    latest,
    create('slot', { name: 'challenge' }),
    keys,
    allowance,
  )

  const panel = create(
    'section',
    { id: 'panel', part: 'panel', 'aria-labelledby': 'heading' },
    header,
    create('slot', { name: 'notice' }),
    log,
    dock,
  )
  return {
    panel,
    heading,
    list,
    add,
    close,
    log,
    content,
    welcome,
    greeting,
    starters,
    latest,
    dock,
    keys,
    allowance,
  }
}
