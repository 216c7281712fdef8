/**
 * Pictures for the next question: they are picked, taken, pasted or dropped, and shown in the question box
 * until it is asked. Loaded where the Worker lets visitors send pictures.
 */
import type { Strings } from '../strings/en.ts'
import { fill } from '../strings/fill.ts'
import { adopt } from '../style/adopt.ts'
import type { Picture, ShownPicture } from '../talk/conversation.ts'
import { isSend } from '../view/composer.ts'
import { create, iconButton } from '../view/element.ts'
import type { Frame } from '../view/frame.ts'
import styles from './pictures.css?inline'
import { scalePicture } from './scale-picture.ts'
import { thumbnail } from './thumbnails.ts'

/** With each question. */
const MAX_PICTURES = 4

const ICONS = {
  picture: 'M5 5h14v14H5zM5 16l4-4 3 3 3.5-4.5L19 15M8.5 9.5h.01',
  camera: 'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6',
  remove: 'M7 7l10 10M17 7L7 17',
} as const

export interface PictureBox {
  /** For the next question, in order. */
  readonly pictures: readonly ShownPicture[]
  /** Adds pictures that were in a question before. */
  put(pictures: readonly Picture[]): void
  /** The question was asked. */
  clear(): void
  /** Takes all of it out of the question box. */
  remove(): void
}

/** @param say announces a message to screen readers */
export function createPictureBox(
  { panel, dock }: Pick<Frame, 'panel' | 'dock'>,
  { tree, strings, say }: { tree: ShadowRoot; strings: Strings; say(message: string): void },
): PictureBox {
  adopt(tree, [styles])
  const form = dock.querySelector<HTMLFormElement>('#composer') as HTMLFormElement
  const box = form.querySelector('textarea') as HTMLTextAreaElement
  const send = form.querySelector('#send') as HTMLButtonElement
  const list = create('ul', { class: 'pictures', hidden: true })
  const problem = create('p', { class: 'picture-problem', hidden: true })
  const drop = create('div', { class: 'drop', hidden: true }, create('p', {}, strings.dropPicture))
  const pick = chooser('picture', strings.addPicture, {})
  const camera = chooser('camera', strings.takePicture, { capture: 'environment' })
  const pictures: ShownPicture[] = []
  let adding: Promise<void> | undefined
  const detached = new AbortController()
  const { signal } = detached

  camera.button.classList.add('camera')
  form.prepend(list, pick.button, pick.input, camera.button, camera.input)
  form.before(problem)
  panel.append(drop)

  /** A button that opens the system's dialog. */
  function chooser(icon: keyof typeof ICONS, label: string, attributes: Record<string, string>) {
    const accepted = { type: 'file', accept: 'image/*', hidden: true, 'aria-label': label }
    const input = create('input', { ...accepted, multiple: !attributes.capture, ...attributes })
    const button = iconButton(ICONS[icon], label, { class: 'tool attach', part: 'attach' })
    button.addEventListener('click', () => input.click())
    input.addEventListener('change', () => {
      add([...(input.files ?? [])])
      // The same file can be picked again.
      input.value = ''
      box.focus()
    })
    return { button, input }
  }

  function add(files: readonly Blob[]): void {
    tell('')
    const before = adding
    const now = (async () => {
      await before
      for (const file of files) await addOne(file)
    })().finally(() => {
      if (adding === now) adding = undefined
    })
    adding = now
  }

  async function addOne(file: Blob): Promise<void> {
    if (pictures.length >= MAX_PICTURES) return tell(fill(strings.tooManyPictures, { count: MAX_PICTURES }))
    const picture = await scalePicture(file)
    if (typeof picture === 'string') return tell(strings[picture])
    pictures.push(picture)
    show()
    say(fill(strings.pictureAdded, { number: pictures.length }))
  }

  function tell(words: string): void {
    problem.textContent = words
    problem.hidden = words === ''
    say(words)
  }

  function show(): void {
    list.replaceChildren(...pictures.map(createItem))
    list.hidden = pictures.length === 0
    showSend()
  }

  function createItem(picture: ShownPicture, index: number): HTMLElement {
    const number = index + 1
    const label = fill(strings.removePicture, { number })
    const button = iconButton(ICONS.remove, label)
    button.addEventListener('click', () => {
      pictures.splice(index, 1)
      tell('')
      show()
      say(fill(strings.pictureRemoved, { number }))
      const next = list.children[Math.min(index, pictures.length - 1)]
      ;(next?.querySelector('button') ?? box).focus()
    })
    return create('li', {}, thumbnail(picture, number, strings), button)
  }

  /** A question may be pictures alone. */
  function showSend(): void {
    send.ariaDisabled = String(box.value.trim() === '' && pictures.length === 0)
  }

  /** Before the question is asked: waits for its pictures, and gives them words if they have none. */
  function prepare(event: Event): void {
    // An answer is in progress.
    if (send.hidden) return
    if (adding) {
      event.preventDefault()
      event.stopPropagation()
      void adding.then(() => form.requestSubmit())
    } else if (pictures.length > 0 && box.value.trim() === '') box.value = strings.aboutPicture
  }

  function imagesIn(data: DataTransfer | null): File[] {
    return [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'))
  }

  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true

  form.addEventListener('input', showSend, { signal })
  dock.addEventListener('submit', prepare, { capture: true, signal })
  dock.addEventListener('keydown', (event) => event.target === box && isSend(event) && prepare(event), {
    capture: true,
    signal,
  })
  panel.addEventListener(
    'paste',
    (event) => {
      const { target, clipboardData } = event
      const isElsewhere = target instanceof HTMLElement && target !== box && target.matches('input, textarea')
      const images = imagesIn(clipboardData)
      // Office programs copy a text as a picture, too.
      if (isElsewhere || images.length === 0 || clipboardData?.getData('text/plain')) return
      event.preventDefault()
      add(images)
    },
    { signal },
  )
  panel.addEventListener(
    'dragover',
    (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      drop.hidden = false
    },
    { signal },
  )
  panel.addEventListener(
    'dragleave',
    ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && panel.contains(relatedTarget))) drop.hidden = true
    },
    { signal },
  )
  panel.addEventListener(
    'drop',
    (event) => {
      drop.hidden = true
      if (!hasFiles(event)) return
      event.preventDefault()
      add([...(event.dataTransfer?.files ?? [])])
      box.focus()
    },
    { signal },
  )

  return {
    pictures,
    put(more) {
      const there = more.filter((picture) => picture.url !== undefined)
      pictures.push(...there.slice(0, MAX_PICTURES - pictures.length))
      show()
    },
    clear() {
      pictures.length = 0
      tell('')
      show()
    },
    remove() {
      detached.abort()
      for (const element of [list, problem, drop]) element.remove()
      for (const { button, input } of [pick, camera]) {
        button.remove()
        input.remove()
      }
    },
  }
}
