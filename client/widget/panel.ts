/** One widget at work: its views, and what passes between them and the conversation that is shown. */
import { createAnswerSpeech } from './announce/answer-speech.ts'
import type { StorageKind } from './attributes.ts'
import type { Emit } from './events.ts'
import { fitViewport } from './launcher/fit-viewport.ts'
import { createPopup, type Popup } from './launcher/popup.ts'
import type { Shell } from './shell.ts'
import { noteWords } from './strings/note-words.ts'
import { adopt } from './style/adopt.ts'
import { PANEL_STYLES } from './style/panel-styles.ts'
import { toJson, toMarkdown } from './talk/export-conversation.ts'
import { type KeptConversations, keepConversations } from './talk/kept-conversations.ts'
import { createThread } from './talk/thread.ts'
import { createThreads } from './talk/threads.ts'
import { loadRenderer } from './view/answer-text.ts'
import { createComposer } from './view/composer.ts'
import { createConversationList } from './view/conversation-list.ts'
import { create } from './view/element.ts'
import { followEnd } from './view/follow-end.ts'
import { createFrame } from './view/frame.ts'
import { saveFile } from './view/save-file.ts'
import { createTurnView } from './view/turn-view.ts'
import { createAllowance } from './visitor/allowance.ts'
import { createVisitor, type Visitor } from './visitor/visitor.ts'
import { atFirstUse, warmCaller } from './visitor/warm.ts'

export type ExportFormat = 'markdown' | 'json'

/** What outlives a panel, as long as the Worker and the place of storage are the same. */
export interface Foundations {
  endpoint: string
  storage: StorageKind
  kept: KeptConversations
  visitor: Visitor
}

export interface PanelOptions {
  shell: Shell
  foundations: Foundations
  /** Origins whose images may be loaded. */
  imageOrigins: readonly string[]
  emit: Emit
  /** Told when a launcher's panel was opened or closed. */
  opened(open: boolean): void
}

export interface Panel {
  /** What is written and not sent yet. */
  draft: string
  readonly isOpen: boolean
  /** Shows the settings as they are now. */
  update(): void
  /** @param how `quietly` leaves the focus where it is, and tells nobody */
  open(how?: 'quietly'): void
  close(): void
  focus(): void
  ask(question: string): boolean
  stop(): void
  /** Begins a new conversation. */
  clear(): void
  export(format: ExportFormat): string
  /** Takes all of it away. Answers go on, and can be taken up again. */
  remove(): void
}

/**
 * @param scope what is kept belongs to this Worker alone
 * @param visitor who asks, if the page has said so
 * @param challengePlace where Turnstile's challenge stands, if the Worker asks for one
 */
export function layFoundations({
  endpoint,
  storage,
  scope,
  visitor,
  challengePlace,
}: {
  endpoint: string
  storage: StorageKind
  scope: string
  visitor: Visitor | undefined
  challengePlace(): HTMLElement
}): Foundations {
  return {
    endpoint,
    storage,
    visitor: visitor ?? createVisitor(endpoint, storage, challengePlace),
    kept: keepConversations({ storage, scope }),
  }
}

export function createPanel({
  shell,
  foundations: { endpoint, storage, kept, visitor },
  imageOrigins,
  emit,
  opened,
}: PanelOptions): Panel {
  const { root, language, strings, settings } = shell
  const streams = `${endpoint}/v1/streams`
  const frame = createFrame(strings)
  const { panel, log, content } = frame
  const speech = createAnswerSpeech(language, strings)
  const allowance = createAllowance(frame.allowance, endpoint, visitor.session.fetch, strings)
  const send = allowance.watch(visitor.session.fetch)
  const follow = followEnd(log, content, frame.latest)
  const composer = createComposer(strings, { ask, stop: () => threads.shown.stop() })
  const list = createConversationList(strings, language, {
    open(id) {
      threads.show(id)
      showList(false)
      composer.focus()
    },
    remove(id) {
      threads.remove(id)
      showList(true)
    },
    save(format) {
      const [extension, type] = format === 'json' ? ['json', 'application/json'] : ['md', 'text/markdown']
      saveFile(`conversation.${extension}`, type, exportNow(format))
    },
  })
  const detached = new AbortController()
  let popup: Popup | undefined
  let unfit: (() => void) | undefined

  frame.dock.insertBefore(composer.element, frame.keys)
  log.after(list.element)
  panel.append(speech.element)
  root.append(panel)
  adopt(root.getRootNode() as ShadowRoot, PANEL_STYLES)

  const threads = createThreads(
    kept,
    content,
    (conversation, turns) => {
      const here = () => threads.shown.conversation === conversation
      return createThread(conversation, {
        streams,
        list: turns,
        createTurnView: (question, actions) =>
          createTurnView(question, actions, { strings, imageOrigins, painted: speech.grown }),
        emit,
        save: kept.save,
        send,
        model: () => settings().model,
        busy(busy) {
          // While it is being entered, nothing is shown yet.
          queueMicrotask(showState)
          if (!busy) void allowance.update()
        },
        heard: {
          begun: (view) => here() && speech.begin(view),
          shortened: (view) => here() && speech.shortened(view),
          reconnecting: () => here() && speech.say(strings.reconnecting),
          ended(view, turn) {
            if (here()) speech.end(view, turn)
            if (popup?.isOpen === false) shell.bubble?.setUnread(true)
          },
        },
        retried(key) {
          if (key !== undefined) visitor.enterKey(key)
          composer.focus()
        },
      })
    },
    () => {
      speech.stop()
      showState()
      follow.stop()
      log.scrollTop = log.scrollHeight
      if (threads.shown.busy) follow.start()
    },
  )

  /** What depends on the conversation that is shown. */
  function showState(): void {
    const { busy, conversation } = threads.shown
    composer.setBusy(busy)
    root.classList.toggle('busy', busy)
    frame.welcome.hidden = conversation.turns.length > 0
    frame.add.hidden = conversation.turns.length === 0
  }

  function ask(question: string): boolean {
    showList(false)
    const asked = threads.shown.ask(question)
    showState()
    if (asked) follow.start()
    return asked
  }

  function begin(): void {
    showList(false)
    threads.begin()
  }

  function showList(shown: boolean): void {
    list.element.hidden = !shown
    log.hidden = frame.dock.hidden = shown
    frame.list.ariaExpanded = String(shown)
    const label = shown ? strings.backToConversation : strings.conversations
    frame.list.ariaLabel = frame.list.title = label
    const empty = storage === 'none' ? strings.noConversationsHere : strings.noConversations
    if (shown) list.show(kept.list(), threads.shown.conversation.id, empty)
  }

  function exportNow(format: ExportFormat): string {
    const { conversation } = threads.shown
    if (format === 'json') return JSON.stringify(toJson(conversation), null, 2)
    return toMarkdown(conversation, {
      you: strings.you,
      assistant: strings.assistant,
      notes: noteWords(strings),
      failed: strings.endedFailed,
      pending: strings.endedPending,
    })
  }

  function showStarters(starters: string[]): void {
    frame.starters.hidden = starters.length === 0
    frame.starters.replaceChildren(
      ...starters.map((question) => {
        const button = create('button', { type: 'button', part: 'starter', dir: 'auto' }, question)
        button.addEventListener('click', () => ask(question))
        return create('li', {}, button)
      }),
    )
  }

  function followBubble(): void {
    const { bubble } = shell
    if (!bubble) {
      popup?.remove()
      popup = undefined
    } else
      popup ??= createPopup(root, frame, bubble, {
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
    root.classList.toggle('always-speed', now.speed)
    frame.heading.textContent = now.heading ?? strings.chat
    frame.greeting.textContent = now.greeting ?? strings.greeting
    composer.setPlaceholder(now.placeholder ?? strings.placeholder)
    showStarters(now.starters)
    followBubble()
    frame.keys.textContent = popup ? strings.keysOfLauncher : strings.keys
    unfit?.()
    unfit = now.position === 'page' ? fitViewport(root) : undefined
  }

  frame.list.addEventListener('click', () => showList(list.element.hidden !== false))
  frame.add.addEventListener('click', () => {
    begin()
    composer.focus()
  })
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return
    if (!list.element.hidden) {
      showList(false)
      frame.list.focus()
      event.preventDefault()
    } else if (!popup && threads.shown.busy) threads.shown.stop()
  })
  atFirstUse(panel, () => {
    loadRenderer().catch(() => {})
    void warmCaller(streams, send)
  })
  addEventListener('pagehide', kept.flush, { signal: detached.signal })
  const unwatch = kept.watch(() => {
    if (!list.element.hidden) showList(true)
  })

  update()
  showState()
  if (threads.shown.busy) follow.start()
  else log.scrollTop = log.scrollHeight

  return {
    get draft() {
      return composer.draft
    },
    set draft(text) {
      composer.draft = text
    },
    get isOpen() {
      return popup?.isOpen ?? false
    },
    update,
    open: (how) => popup?.open(how),
    close: () => popup?.close(),
    focus: composer.focus,
    ask,
    stop: () => threads.shown.stop(),
    clear: begin,
    export: exportNow,
    remove() {
      kept.flush()
      threads.leave()
      speech.stop()
      follow.detach()
      unfit?.()
      unwatch()
      detached.abort()
      popup?.remove()
      panel.remove()
    },
  }
}
