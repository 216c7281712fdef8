/**
 * What a run shows: how it stands, what it writes and its pictures. Text of the code becomes text nodes,
 * and nothing else.
 */
import { CodeText } from '../../render/dom/code-text.ts'
import { fill } from '../../widget/strings/fill.ts'
import { MAX_PICTURE_BYTES, MAX_PICTURES, MAX_TEXT } from '../bounds.ts'
import type { Look, RunWords } from '../messages.ts'
import styles from './frame.css?inline'

export interface Output {
  element: HTMLElement
  /** Whether nothing was written or drawn. */
  readonly isEmpty: boolean
  /** Says how the run stands. @param share what is loaded, of 1 */
  setStatus(words: string, share?: number): void
  /** Says how the run stands to screen readers alone. */
  speakStatus(words: string): void
  /** @returns whether there was room for all of it */
  write(kind: 'out' | 'error', text: string): boolean
  /** @returns whether there was room for it */
  addPicture(png: ArrayBuffer, title: string): boolean
  add(element: HTMLElement): void
}

export function createOutput(look: Look, words: RunWords): Output {
  showLook(look)
  const element = create('main')
  const status = create('div', 'status')
  const line = create('p')
  line.role = 'status'
  const percent = create('span')
  percent.ariaHidden = 'true'
  const bar = document.createElement('progress')
  bar.ariaHidden = 'true'
  status.append(line, percent, bar)
  element.append(status)
  let pre: HTMLElement | undefined
  /** The last text in it. */
  let text: { kind: string; content: CodeText } | undefined
  let room = MAX_TEXT
  let pictures = 0
  let bytes = 0

  function place(kind: string): CodeText {
    // What is written after a picture stands below it.
    if (!pre || pre !== element.lastElementChild) {
      pre = create('pre')
      // Wide lines can be scrolled with the keyboard.
      pre.tabIndex = 0
      element.append(pre)
      text = undefined
    }
    if (text?.kind !== kind) {
      const span = create('span', kind)
      pre.append(span)
      text = { kind, content: new CodeText(span) }
    }
    return text.content
  }

  function setStatus(said: string, share?: number): void {
    // Said once: the percentage is seen only.
    if (line.textContent !== said) line.textContent = said
    status.hidden = said === ''
    bar.hidden = percent.hidden = share === undefined
    bar.value = share ?? 0
    percent.textContent = share === undefined ? '' : `${Math.floor(share * 100)} %`
  }

  return {
    element,
    get isEmpty() {
      return room === MAX_TEXT && pictures === 0
    },
    setStatus,
    speakStatus(said) {
      setStatus(said)
      status.classList.add('spoken')
    },
    write(kind, written) {
      const fits = written.slice(0, room)
      if (fits !== '') place(kind).append(fits)
      room -= fits.length
      return fits === written
    },
    addPicture(png, title) {
      bytes += png.byteLength
      if (++pictures > MAX_PICTURES || bytes > MAX_PICTURE_BYTES) return false
      const picture = document.createElement('img')
      const numbered = fill(words.figure, { number: pictures })
      picture.alt = title === '' ? numbered : `${numbered}: ${title}`
      const address = URL.createObjectURL(new Blob([png], { type: 'image/png' }))
      picture.onload = () => {
        // Drawn with two pixels for each (program.py).
        picture.style.width = `${picture.naturalWidth / 2}px`
        URL.revokeObjectURL(address)
      }
      picture.src = address
      element.append(picture)
      return true
    },
    add: (shown) => element.append(shown),
  }
}

function create(tag: string, name = ''): HTMLElement {
  const element = document.createElement(tag)
  if (name !== '') element.className = name
  return element
}

/** Of the text around the frame. */
function showLook({ dark, direction, language, font, mono, size, ink, accent }: Look): void {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  document.adoptedStyleSheets = [sheet]
  const root = document.documentElement
  root.lang = language
  root.dir = direction
  // The frame is as see-through as its page only if both have one scheme.
  root.style.colorScheme = dark ? 'dark' : 'light'
  root.style.font = `${size}px ${font}`
  root.style.color = ink
  root.style.setProperty('--mono', mono)
  root.style.setProperty('--accent', accent)
}
