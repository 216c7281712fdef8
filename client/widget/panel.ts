/**
 * The part of the widget that is there at once: its place in the page, the question box, and a launcher's
 * bubble.
 */
import { isLauncher, type Settings } from './attributes.ts'
import type { Dictation } from './dictation/dictation.ts'
import type { Emit } from './events.ts'
import { type Bubble, createBubble } from './launcher/bubble.ts'
import { fitViewport } from './launcher/fit-viewport.ts'
import { createPopup, type Popup } from './launcher/popup.ts'
import { siteName } from './site-name.ts'
import type { StringsAtLoad } from './strings/at-load.ts'
import { directionOf, type Language } from './strings/load-strings.ts'
import { adopt } from './style/adopt.ts'
import { PANEL_STYLES } from './style/panel-styles.ts'
import type { ExportFormat, MakeTalk, Talk } from './talk.ts'
import { createComposer, isTouched } from './view/composer.ts'
import { create } from './view/element.ts'
import { createFailure, createWaiting, type FailureKind, loadingFailure } from './view/failure.ts'
import { createFrame, showAvatar } from './view/frame.ts'
import { isComposed } from './view/input-method.ts'
import { keepKeys } from './view/keep-keys.ts'
import { atFirstUse } from './visitor/first-use.ts'

export interface PanelOptions {
  shadow: ShadowRoot
  language: Language
  strings: StringsAtLoad
  settings(): Settings
  /** Whether there is a conversation to continue. */
  hasConversation: boolean
  /** Loads the conversation's code. @returns a function that creates it */
  loadTalk(): Promise<MakeTalk>
  /** Loads dictation. @returns `undefined` where the browser has none */
  loadDictation(composer: HTMLElement): Promise<Dictation | undefined>
  emit: Emit
  /** Called when a launcher's panel was opened or closed. */
  opened(open: boolean): void
  /** Called with whether the panel is over the page or in it. */
  setOver(over: boolean): void
}

export interface Panel {
  /** The text in the question box. */
  draft: string
  /** The question that waits for the conversation's code. */
  readonly waiting: string | undefined
  /** Applies the current settings. */
  update(): void
  /** @param how `quietly` keeps the focus where it is, and calls no callback */
  open(how?: 'quietly'): void
  close(): void
  focus(): void
  /** @returns whether the question is asked, or waits for the conversation's code */
  ask(question: string): boolean
  stop(): void
  /** Begins a new conversation. */
  clear(): void
  /** Shows these questions below the latest answer. */
  suggest(questions: readonly string[]): void
  /** The page says something else of itself with questions, or no longer does. */
  pageChanged(): void
  /** Empty before the conversation's code is loaded. */
  export(format: ExportFormat): string
  /** Removes the panel. Answers continue on the server and can be resumed. */
  remove(): void
}

export function createPanel({
  shadow,
  language,
  strings,
  settings,
  hasConversation,
  loadTalk,
  loadDictation,
  emit,
  opened,
  setOver,
}: PanelOptions): Panel {
  const root = create('div', { class: 'root', lang: language, dir: directionOf(language) })
  const frame = createFrame(strings)
  const { panel } = frame
  // Keep the text in the box until the conversation's code is loaded.
  const composer = createComposer(strings, {
    ask(question) {
      stopDictating()
      return ask(question) && talk !== undefined
    },
    stop,
  })
  let bubble: Bubble | undefined
  let popup: Popup | undefined
  let stopFitting: (() => void) | undefined
  let talk: Talk | undefined
  let failure: HTMLElement | undefined
  let dictating: Promise<Dictation | undefined> | undefined
  let isLoading = false
  /** Whether the reader waits for the conversation's code, so that a failure to load it is shown. */
  let isAwaited = hasConversation
  let removed = false
  /** Whether Escape has stopped the answer, which may take a moment to end. */
  let isStopping = false
  /** Calls that wait for the conversation's code, and the question to ask then. */
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
      isAwaited = true
      load()
    }
  }

  function load(): void {
    if (talk || isLoading) return
    isLoading = true
    failure?.remove()
    loadTalk()
      .then(begin, (error) => fail(error, loadingFailure(error)))
      // The code is loaded, so this is not a network error: the page passed something invalid.
      .catch((error) => fail(error, 'wrongHere'))
  }

  function begin(makeTalk: MakeTalk): void {
    if (removed) return
    talk = makeTalk({
      frame,
      language,
      settings,
      emit,
      changed: showState,
      ended() {
        if (popup?.isOpen === false) bubble?.setUnread(true)
      },
      focus: focusContent,
      takeUp(question) {
        composer.draft = [question, composer.draft].filter(Boolean).join('\n\n')
        composer.focus()
      },
    })
    for (const what of calls.splice(0)) what(talk)
    if (question !== undefined) {
      // The conversation may be resuming an answer, which wasn't known before.
      if (!talk.ask(question)) composer.draft ||= question
      else if (composer.draft.trim() === question) composer.draft = ''
    }
    question = undefined
    showState()
  }

  function fail(error: unknown, kind: FailureKind): void {
    isLoading = false
    // For the page's author. The reader is told what to do, not the cause.
    console.error(error)
    // A failed preload needs no message: the reader does not wait for it.
    if (removed || !isAwaited) return
    if (kind === 'offline' && question !== undefined && !navigator.onLine) {
      failure = createWaiting(strings, () => {
        stop()
        focusContent()
      })
      addEventListener('online', load, { once: true })
    } else {
      calls = []
      giveBackQuestion()
      showState()
      failure = createFailure(kind, strings, () => {
        focusContent()
        isAwaited = true
        load()
      })
    }
    frame.dock.prepend(failure)
  }

  /** Focuses the question box, or on touch devices the log: the on-screen keyboard would cover the answer. */
  function focusContent(): void {
    if (isTouched()) frame.log.focus({ preventScroll: true })
    else composer.focus()
  }

  /** Whether an answer is in progress, or a question waits for the conversation's code. */
  const isBusy = () => talk?.isBusy ?? question !== undefined

  /** Updates what depends on the shown conversation. */
  function showState(): void {
    const isEmpty = talk?.isEmpty ?? true
    isStopping &&= isBusy()
    composer.setBusy(isBusy())
    bubble?.setBusy(isBusy())
    frame.welcome.hidden = !isEmpty
    frame.add.hidden = isEmpty
  }

  function ask(text: string): boolean {
    if (talk) return talk.ask(text)
    if (question !== undefined) return false
    question = text
    isAwaited = true
    showState()
    load()
    return true
  }

  function stop(): void {
    talk?.stop()
    failure?.remove()
    giveBackQuestion()
    showState()
  }

  function giveBackQuestion(): void {
    composer.draft ||= question ?? ''
    question = undefined
  }

  function showStarters(starters: string[]): void {
    frame.starters.hidden = starters.length === 0
    frame.starters.replaceChildren(
      ...starters.map((question) => {
        const button = create('button', { type: 'button', part: 'starter', dir: 'auto' }, question)
        button.addEventListener('click', () => {
          ask(question)
          // The clicked button disappears with the welcome.
          focusContent()
        })
        return create('li', {}, button)
      }),
    )
  }

  function setDictation(wanted: boolean): void {
    if (wanted === (dictating !== undefined)) return
    void dictating?.then((dictation) => dictation?.remove())
    // Without it, questions can be typed.
    dictating = wanted ? loadDictation(composer.element).catch(() => undefined) : undefined
  }

  function stopDictating(): void {
    void dictating?.then((dictation) => dictation?.stop())
  }

  function setLauncher(wanted: boolean): void {
    if (wanted === (popup !== undefined)) return
    popup?.remove()
    bubble?.element.remove()
    popup = bubble = undefined
    if (!wanted) return
    bubble = createBubble(strings, {
      pressed: () => popup?.open(),
      // Preload only. It requests no session, as the pointer may just pass by.
      near: () => void loadTalk().catch(() => {}),
    })
    root.prepend(bubble.element)
    popup = createPopup(root, frame, bubble, {
      opened() {
        opened(true)
        emit('millrace-open')
      },
      closed() {
        stopDictating()
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
    root.classList.toggle('with-speed', now.speed)
    frame.heading.textContent = now.heading ?? siteName() ?? strings.chat
    for (const avatar of frame.avatars) showAvatar(avatar, now.avatar)
    frame.greeting.textContent = now.greeting ?? strings.greeting
    composer.setPlaceholder(now.placeholder ?? strings.placeholder)
    showStarters(now.starters)
    setLauncher(isLauncher(now.position))
    setDictation(now.dictation)
    frame.keys.textContent = popup ? strings.keysOfLauncher : strings.keys
    stopFitting?.()
    stopFitting = now.position === 'page' ? fitViewport(root) : undefined
  }

  const isListShown = () => frame.list.ariaExpanded === 'true'
  frame.list.addEventListener('click', () => call((talk) => talk.showList(!isListShown())))
  frame.add.addEventListener('click', () => {
    call((talk) => talk.begin())
    composer.focus()
  })
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || isComposed(event) || event.defaultPrevented) return
    // The list is in place of the conversation.
    if (frame.log.hidden) {
      talk?.showList(false)
      frame.list.focus()
      event.preventDefault()
    } else if (isBusy() && !isStopping) {
      // The next Escape closes the panel, or what the page has around it.
      isStopping = true
      event.preventDefault()
      event.stopPropagation()
      stop()
    }
  })
  keepKeys(root)
  atFirstUse(panel, load)
  update()
  showState()
  if (hasConversation) load()

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
    // Neither loads the conversation: there is no answer yet, and no question.
    suggest(questions) {
      if (talk) talk.suggest(questions)
      else calls.push((talk) => talk.suggest(questions))
    },
    pageChanged: () => talk?.pageChanged(),
    export: (format) => talk?.export(format) ?? '',
    remove() {
      removed = true
      setDictation(false)
      talk?.remove()
      stopFitting?.()
      popup?.remove()
      root.remove()
    },
  }
}
