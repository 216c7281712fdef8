/**
 * The chat that a tag makes, live, in a frame: what is placed in the window is placed in the frame's window.
 */
import { attributesOf, type Field, propertiesOf, type TagSettings } from './tag.ts'

export interface Preview {
  element: HTMLIFrameElement
  show(settings: TagSettings): void
}

/** The attributes that the form decides. */
const NAMES = [
  'heading',
  'avatar',
  'greeting',
  'starters',
  'position',
  'model',
  'lang',
  'speed',
  'math',
  'dictation',
]

/** The page's policy: an image comes from the page itself. */
const isHere = (avatar: string) => /^\s*data:/i.test(avatar)

/** What the preview can't show. */
export function previewWarnings({ avatar }: TagSettings): Partial<Record<Field, string>> {
  if (avatar.trim() === '' || isHere(avatar)) return {}
  return { avatar: 'Your site shows it. This preview loads no images from elsewhere.' }
}

export function createPreview(): Preview {
  const element = document.createElement('iframe')
  element.className = 'preview'
  element.title = 'Preview: the chat on a page'
  let page: Document | undefined
  let chat: HTMLElement | undefined
  let settings: TagSettings | undefined
  let placement: TagSettings['placement'] | undefined

  element.addEventListener('load', () => {
    page = element.contentDocument ?? undefined
    chat = placement = undefined
    if (settings) show(settings)
  })
  element.src = '/preview'

  /** A new place needs a new element: one that is moved would take the focus as it opens. */
  function place(page: Document, now: TagSettings): HTMLElement {
    chat?.remove()
    placement = now.placement
    const made = page.createElement('millrace-chat')
    // Apart from the conversation of this page's own chat.
    made.setAttribute('storage', 'none')
    const isInText = placement === 'inline'
    if (placement !== 'page' && !isInText) {
      made.setAttribute('launcher', '')
      made.setAttribute('open', '')
    }
    update(made, now)
    const parent = isInText ? page.querySelector('#place') : page.body
    parent?.append(made)
    return made
  }

  function update(chat: HTMLElement, now: TagSettings): void {
    const attributes = new Map(attributesOf(isHere(now.avatar) ? now : { ...now, avatar: '' }))
    for (const name of NAMES) {
      const value = attributes.get(name)
      if (value === undefined) chat.removeAttribute(name)
      else chat.setAttribute(name, value)
    }
    chat.removeAttribute('style')
    for (const [name, value] of propertiesOf(now)) chat.style.setProperty(name, value)
  }

  function show(now: TagSettings): void {
    settings = now
    if (!page) return
    if (chat && placement === now.placement) update(chat, now)
    else chat = place(page, now)
  }

  return { element, show }
}
