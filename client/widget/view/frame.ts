/** The permanent structure of the widget: header, log, and the dock with the question box. */
import type { StringsAtLoad } from '../strings/at-load.ts'
import { create, icon, iconButton } from './element.ts'

export interface Frame {
  panel: HTMLElement
  heading: HTMLElement
  /** The site's picture: small in the header, and large before the first question. */
  avatars: HTMLImageElement[]
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

export function createFrame(strings: StringsAtLoad): Frame {
  const list = iconButton('list', strings.conversations, {
    id: 'list',
    class: 'tool',
    'aria-expanded': 'false',
  })
  const add = iconButton('add', strings.newConversation, { id: 'new', class: 'tool' })
  const close = iconButton('close', strings.closeChat, { id: 'close', class: 'tool', hidden: true })
  const heading = create('h2', { id: 'heading', part: 'heading' })
  const avatars = [createAvatar(), createAvatar()] as const
  const header = create(
    'header',
    { part: 'header', class: 'header' },
    list,
    avatars[0],
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
    create('div', { class: 'hello' }, avatars[1], create('slot', { name: 'welcome' }, greeting)),
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
  // For screen readers: others know the keys, or have none.
  const keys = create('p', { id: 'keys', class: 'unseen' })
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
    avatars: [...avatars],
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

/** Decorative: the name stands beside it. An image that can't be loaded is not shown. */
function createAvatar(): HTMLImageElement {
  const avatar = create('img', { part: 'avatar', class: 'avatar', alt: '', loading: 'lazy', hidden: true })
  avatar.addEventListener('error', () => {
    avatar.hidden = true
  })
  return avatar
}

export function showAvatar(avatar: HTMLImageElement, address = ''): void {
  // Setting it to the same address would load it again.
  if ((avatar.getAttribute('src') ?? '') === address) return
  avatar.hidden = address === ''
  if (address === '') avatar.removeAttribute('src')
  else avatar.src = address
}
