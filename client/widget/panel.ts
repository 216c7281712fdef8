/** What of the widget is there at once: its place in the page, the question box, and a launcher's bubble. */
import { isLauncher, type Settings } from './attributes.ts'
import type { Emit } from './events.ts'
import { type Bubble, createBubble } from './launcher/bubble.ts'
import { fitViewport } from './launcher/fit-viewport.ts'
import { createPopup, type Popup } from './launcher/popup.ts'
import type { Strings } from './strings/en.ts'
import { directionOf, type Language } from './strings/load-strings.ts'
import { adopt } from './style/adopt.ts'
import { PANEL_STYLES } from './style/panel-styles.ts'
import type { ExportFormat, MakeTalk, Talk } from './talk.ts'
import { createComposer, isTouched } from './view/composer.ts'
import { create } from './view/element.ts'
import { createFailure, type FailureKind, loadingFailure } from './view/failure.ts'
import { createFrame } from './view/frame.ts'
import { isComposed } from './view/input-method.ts'
import { keepKeys } from './view/keep-keys.ts'
import { atFirstUse } from './visitor/first-use.ts'

export interface PanelOptions {
  shadow: ShadowRoot
  language: Language
  strings: Strings
  settings(): Settings
  /** Whether there is a conversation to go on with. */
  goesOn: boolean
  /** Loads what a conversation needs. @returns what makes it */
  loadTalk(): Promise<MakeTalk>
  emit: Emit
  /** Told when a launcher's panel was opened or closed. */
  opened(open: boolean): void
  /** Told whether it stands over the page, or in it. */
  setOver(over: boolean): void
}

export interface Panel {
  /** What is written and not sent yet. */
  draft: string
  /** What is to be asked, and can't be sent yet. */
  readonly waiting: string | undefined
  /** Shows the settings as they are now. */
  update(): void
  /** @param how `quietly` leaves the focus where it is, and tells nobody */
  open(how?: 'quietly'): void
  close(): void
  focus(): void
  /** @returns whether it is being asked, or will be once there is a conversation */
  ask(question: string): boolean
  stop(): void
  /** Begins a new conversation. */
  clear(): void
  /** Empty before there is a conversation. */
  export(format: ExportFormat): string
  /** Takes all of it away. Answers go on, and can be taken up again. */
  remove(): void
}

export function createPanel({
  shadow,
  language,
  strings,
  settings,
  goesOn,
  loadTalk,
  emit,
  opened,
  setOver,
}: PanelOptions): Panel {
  const root = create('div', { class: 'root', lang: language, dir: directionOf(language) })
  const frame = createFrame(strings)
  const { panel } = frame
  // Until there is a conversation, what was typed stays in the box.
  const composer = createComposer(strings, { ask: (question) => ask(question) && talk !== undefined, stop })
  let bubble: Bubble | undefined
  let popup: Popup | undefined
  let unfit: (() => void) | undefined
  let talk: Talk | undefined
  let failure: HTMLElement | undefined
  let isLoading = false
  /** Whether somebody waits for the conversation. */
  let isMissed = goesOn
  let removed = false
  /** What is to be done with the conversation once there is one; and what is to be asked in it. */
  let calls: ((talk: Talk) => void)[] = []
  let question: string | undefined

  adopt(shadow, PANEL_STYLES)
  frame.dock.insertBefore(composer.element, frame.keys)
  root.append(panel)
  shadow.append(root)

  function call(what: (talk: Talk) => void): void {
    if (talk) what(talk)
    else {
      calls.push(what)
      isMissed = true
      load()
    }
  }

  function load(): void {
    if (talk || isLoading) return
    isLoading = true
    failure?.remove()
    loadTalk()
      .then(begin, (error) => fail(error, loadingFailure(error)))
      // What is at hand fails for no want of a connection, but by what the page has given it.
      .catch((error) => fail(error, 'wrongHere'))
  }

  function begin(makeTalk: MakeTalk): void {
    if (removed) return
    talk = makeTalk({
      frame,
      language,
      strings,
      settings,
      emit,
      changed: showState,
      ended() {
        if (popup?.isOpen === false) bubble?.setUnread(true)
      },
      focus: goOn,
    })
    for (const what of calls.splice(0)) what(talk)
    if (question !== undefined) {
      // While it was loaded nobody knew of an answer that is still coming.
      if (!talk.ask(question)) composer.draft ||= question
      else if (composer.draft.trim() === question) composer.draft = ''
    }
    question = undefined
    showState()
  }

  function fail(error: unknown, kind: FailureKind): void {
    isLoading = false
    // For whoever wrote the page: the reader is told what to do, not why.
    console.error(error)
    // Where it was only in case, nobody misses it yet.
    if (removed || !isMissed) return
    calls = []
    composer.draft ||= question ?? ''
    question = undefined
    showState()
    failure = createFailure(kind, strings, () => {
      goOn()
      isMissed = true
      load()
    })
    frame.dock.prepend(failure)
  }

  /** Puts the focus where one goes on, and never has a keyboard rise over an answer. */
  function goOn(): void {
    if (isTouched()) frame.log.focus({ preventScroll: true })
    else composer.focus()
  }

  /** What depends on the conversation that is shown. */
  function showState(): void {
    const { isBusy, isEmpty } = talk ?? { isBusy: question !== undefined, isEmpty: true }
    composer.setBusy(isBusy)
    frame.welcome.hidden = !isEmpty
    frame.add.hidden = isEmpty
  }

  function ask(text: string): boolean {
    if (talk) return talk.ask(text)
    if (question !== undefined) return false
    question = text
    isMissed = true
    showState()
    load()
    return true
  }

  function stop(): void {
    talk?.stop()
    question = undefined
    showState()
  }

  function showStarters(starters: string[]): void {
    frame.starters.hidden = starters.length === 0
    frame.starters.replaceChildren(
      ...starters.map((question) => {
        const button = create('button', { type: 'button', part: 'starter', dir: 'auto' }, question)
        button.addEventListener('click', () => {
          ask(question)
          // The welcome goes, and the button with it.
          goOn()
        })
        return create('li', {}, button)
      }),
    )
  }

  function setLauncher(wanted: boolean): void {
    if (wanted === (popup !== undefined)) return
    popup?.remove()
    bubble?.element.remove()
    popup = bubble = undefined
    if (!wanted) return
    const pressed = () => (popup?.isOpen ? popup.close() : popup?.open())
    bubble = createBubble(strings, {
      pressed,
      // Fetched, in case; nobody is asked for anything yet: it may be a pointer on its way to something else.
      near: () => void loadTalk().catch(() => {}),
    })
    root.prepend(bubble.element)
    popup = createPopup(root, frame, bubble, {
      opened() {
        opened(true)
        emit('millrace-open')
      },
      closed() {
        opened(false)
        emit('millrace-close')
      },
      focus: composer.focus,
    })
  }

  function update(): void {
    const now = settings()
    root.dataset.theme = now.theme
    root.dataset.position = now.position
    setOver(now.position !== 'inline')
    root.classList.toggle('always-speed', now.speed)
    frame.heading.textContent = now.heading ?? strings.chat
    frame.greeting.textContent = now.greeting ?? strings.greeting
    composer.setPlaceholder(now.placeholder ?? strings.placeholder)
    showStarters(now.starters)
    setLauncher(isLauncher(now.position))
    frame.keys.textContent = popup ? strings.keysOfLauncher : strings.keys
    unfit?.()
    unfit = now.position === 'page' ? fitViewport(root) : undefined
  }

  const isListShown = () => frame.list.ariaExpanded === 'true'
  frame.list.addEventListener('click', () => call((talk) => talk.showList(!isListShown())))
  frame.add.addEventListener('click', () => {
    call((talk) => talk.begin())
    composer.focus()
  })
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || isComposed(event) || event.defaultPrevented) return
    if (isListShown()) {
      talk?.showList(false)
      frame.list.focus()
      event.preventDefault()
    } else if (!popup) stop()
  })
  keepKeys(root)
  atFirstUse(panel, load)
  update()
  showState()
  if (goesOn) load()

  return {
    get draft() {
      return composer.draft
    },
    set draft(text) {
      composer.draft = text
    },
    get waiting() {
      return question
    },
    update,
    open: (how) => popup?.open(how),
    close: () => popup?.close(),
    focus: composer.focus,
    ask,
    stop,
    clear: () => call((talk) => talk.begin()),
    export: (format) => talk?.export(format) ?? '',
    remove() {
      removed = true
      talk?.remove()
      unfit?.()
      popup?.remove()
      root.remove()
    },
  }
}
