/**
 * Everything a conversation needs. Loaded at the first sign of use, or at once if there is a conversation to
 * continue.
 */
import type { Health } from '../../worker/protocol/wire.ts'
import { createRunOffer } from '../run/run-offer.ts'
import { createAnswerSpeech } from './announce/answer-speech.ts'
import type { Settings, StorageKind } from './attributes.ts'
import { loadContext } from './context/load-part.ts'
import type { PageContext } from './context/page-context.ts'
import type { Emit } from './events.ts'
import { loadPictures } from './pictures/load-part.ts'
import type { PictureBox } from './pictures/picture-box.ts'
import { responsesPart } from './responses/load-part.ts'
import type { Strings } from './strings/en.ts'
import type { Language } from './strings/load-strings.ts'
import { noteWords } from './strings/note-words.ts'
import { adopt } from './style/adopt.ts'
import { TALK_STYLES } from './style/talk-styles.ts'
import { loadSuggestions } from './suggestions/load-part.ts'
import type { SuggestionList } from './suggestions/suggestion-list.ts'
import { type Api, createApiChoice } from './talk/api-choice.ts'
import type { Conversation } from './talk/conversation.ts'
import { toJson, toMarkdown } from './talk/export-conversation.ts'
import { type KeptConversations, keepConversations } from './talk/kept-conversations.ts'
import { createPromptBound } from './talk/prompt-bound.ts'
import { createThread } from './talk/thread.ts'
import { createThreads } from './talk/threads.ts'
import { loadRendering } from './view/answer-text.ts'
import type { ConversationList, ListActions } from './view/conversation-list.ts'
import { create } from './view/element.ts'
import { followEnd } from './view/follow-end.ts'
import type { Frame } from './view/frame.ts'
import { placeList } from './view/list-place.ts'
import { saveFile } from './view/save-file.ts'
import { endSelectionInBlock } from './view/selection.ts'
import { createTurnView } from './view/turn-view.ts'
import { createAllowance } from './visitor/allowance.ts'
import { createHealth } from './visitor/health.ts'
import { createVisitor, type Visitor } from './visitor/visitor.ts'
import { warmCaller } from './visitor/warm-caller.ts'

export type ExportFormat = 'markdown' | 'json'

/** What outlives a panel, as long as the Worker and the storage stay the same. */
export interface TalkContext {
  endpoint: string
  storage: StorageKind
  kept: KeptConversations
  visitor: Visitor
  /** What the Worker can do for a page. */
  api(): Promise<Api>
  /** What the Worker says of itself. */
  health(): Promise<Partial<Health> | undefined>
}

export interface TalkOptions {
  frame: Frame
  language: Language
  strings: Strings
  context: TalkContext
  /** The origins that images may be loaded from. */
  imageOrigins: readonly string[]
  /** What the page says of itself with a question; `undefined`: nothing. */
  pageContext(): PageContext | undefined
  /** Whether formulas are shown as such. */
  math: boolean
  /** Whether code of answers may be run, where the Worker lets it. */
  runsCode: boolean
  settings(): Settings
  emit: Emit
  /** Called when another conversation is shown, and when an answer begins to be awaited or has ended. */
  changed(): void
  /** Called when an answer has ended in any way. */
  ended(): void
  /** Moves the focus to where the reader continues. */
  focus(): void
  /** Puts a question into the question box, to be changed there. */
  takeUp(question: string): void
}

export type MakeTalk = (
  options: Omit<TalkOptions, 'context' | 'imageOrigins' | 'strings' | 'pageContext' | 'math' | 'runsCode'>,
) => Talk

export interface Talk {
  /** Whether an answer is in progress. */
  readonly isBusy: boolean
  readonly isEmpty: boolean
  /** @returns whether the question is asked */
  ask(question: string): boolean
  stop(): void
  /** Begins a new conversation. */
  begin(): void
  /** Shows these questions below the latest answer. */
  suggest(questions: readonly string[]): void
  /** The page says something else of itself, or no longer does. */
  pageChanged(): void
  /** Shows the list of conversations, or hides it. */
  showList(shown: boolean): void
  export(format: ExportFormat): string
  /** Removes the conversation from the page. Answers continue on the server and can be resumed. */
  remove(): void
}

/**
 * @param scope the Worker that the stored conversations belong to
 * @param visitor the page's visitor, if it has set one
 * @param challengePlace the element for Turnstile's challenge, if the Worker asks for one
 */
export function createTalkContext({
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
}): TalkContext {
  const health = createHealth(endpoint)
  return {
    endpoint,
    storage,
    visitor: visitor ?? createVisitor(endpoint, storage, challengePlace),
    kept: keepConversations({ storage, scope }),
    api: createApiChoice(health),
    health,
  }
}

/** Shows this tab's conversation and resumes its answer. */
export function createTalk({
  frame,
  language,
  strings,
  context: { endpoint, storage, kept, visitor, api, health },
  imageOrigins,
  pageContext,
  math,
  runsCode,
  settings,
  emit,
  changed,
  ended,
  focus,
  takeUp,
}: TalkOptions): Talk {
  const base = `${endpoint}/v1`
  const { panel, log, content } = frame
  const speech = createAnswerSpeech(language, strings)
  const allowance = createAllowance(frame.allowance, endpoint, visitor.session.fetch, strings)
  const send = allowance.watch(visitor.session.fetch)
  const follow = followEnd(log, content, frame.latest)
  const conversations = create('section', {
    id: 'conversations',
    part: 'conversations',
    'aria-label': strings.conversations,
    tabindex: '-1',
    hidden: true,
  })
  let list: ConversationList | undefined
  const listActions: ListActions = {
    list: kept.list,
    open(id) {
      // Before `show`: a hidden log can't be scrolled.
      place.showConversation()
      threads.show(id)
      focus()
    },
    rename: kept.rename,
    remove(id) {
      threads.remove(id)
      fillList()
    },
    save(format) {
      const [extension, type] = format === 'json' ? ['json', 'application/json'] : ['md', 'text/markdown']
      saveFile(`conversation.${extension}`, type, exportNow(format))
    },
  }

  const place = placeList(conversations, frame, strings, (shown) => {
    if (shown) fillList()
    else list?.reset()
  })

  const tree = panel.getRootNode() as ShadowRoot
  adopt(tree, TALK_STYLES)
  // Loaded early, to be there before the first token.
  loadRendering().catch(() => {})
  void loadList()
  const notKept = create('p', { class: 'allowance', hidden: true }, strings.notKept)
  log.after(conversations)
  frame.allowance.after(notKept)
  panel.append(speech.element)

  const offerRuns = runsCode ? createRunOffer(health, { tree, endpoint, strings, language }) : undefined
  /** What the page suggests; `undefined`: nothing of its own. */
  let suggested: readonly string[] | undefined
  let suggestionList: SuggestionList | undefined
  let pictureBox: PictureBox | undefined
  const closed = new Set<string>()
  const promptBound = createPromptBound()
  const threads = createThreads(
    kept,
    content,
    (conversation, turns, watched) => {
      const here = () => threads.shown.conversation === conversation
      return createThread(conversation, {
        asking: { base, api },
        list: turns,
        watched,
        closed,
        createTurnView: (turn, actions) =>
          createTurnView(turn, actions, {
            tree,
            language,
            strings,
            imageOrigins,
            math,
            painted: speech.grown,
            whole: offerRuns,
          }),
        emit,
        save,
        send,
        ready: visitor.session.ready,
        isChecking: () => visitor.isChecking === true,
        model: () => settings().model,
        promptBound,
        readContext,
        showContext: (view, context) =>
          withPart(loadContext, ({ showSent }) => showSent(view.element, context, { tree, strings })),
        busy(busy) {
          if (busy) suggested = undefined
          // A thread that is still being created is not shown yet.
          queueMicrotask(() => {
            if (here()) keepToEnd(busy)
            // Another tab may have continued the conversation during this answer.
            if (here() && !threads.shown.busy) threads.refresh('tab')
            changedHere()
          })
          if (!busy) void allowance.update()
        },
        announce: {
          // A thread that is still being created is not shown yet.
          kept: (view) => queueMicrotask(() => here() && speech.resume(view)),
          begun: (view, continues) => here() && speech.begin(view, continues),
          shortened: (view) => here() && speech.shortened(view),
          progress: (words) => void words.then((said) => said && here() && speech.say(said)).catch(() => {}),
          reconnecting: (isUnsent) =>
            here() && speech.say(isUnsent ? strings.offlineWaits : strings.reconnecting),
          leftOut: () => here() && speech.say(strings.olderLeftOut),
          ended(view, turn) {
            if (here()) {
              speech.end(view, turn)
              if (turn.suggestions?.length) speech.say(strings.suggestions)
            }
            ended()
          },
          dropped: () => here() && speech.stop(),
        },
        retried(key) {
          if (key !== undefined) {
            visitor.enterKey(key)
            // Another caller, with other bounds.
            warm()
          }
          focus()
        },
        startOver({ question, pictures = [] }) {
          threads.begin()
          pictureBox?.put(pictures)
          takeUp(question)
        },
      })
    },
    () => {
      speech.stop()
      suggested = undefined
      showEnd()
      changedHere()
    },
  )

  /** Where the part can't be loaded, questions are sent without their page. */
  function readContext(): Promise<string | undefined> | undefined {
    const read = pageContext()
    return (
      read &&
      loadContext().then(
        (part) => part.readContext(read),
        () => undefined,
      )
    )
  }

  function pageChanged(): void {
    if (!pageContext() && !frame.dock.querySelector('.sees-page')) return
    withPart(loadContext, ({ setNotice }) =>
      setNotice(frame.keys, pageContext() && (async () => readContext()), { tree, strings }),
    )
  }

  /** The page's suggestions go before those of the answer. */
  function suggestedNow(): readonly string[] {
    const { busy, conversation } = threads.shown
    const latest = conversation.turns.at(-1)
    return busy || !latest ? [] : (suggested ?? latest.suggestions ?? [])
  }

  function showSuggestions(): void {
    if (!suggestionList && suggestedNow().length === 0) return
    withPart(loadSuggestions, ({ createSuggestionList }) => {
      suggestionList ??= createSuggestionList(content, {
        tree,
        strings,
        ask(question) {
          ask(question)
          // The pressed button disappears.
          focus()
        },
      })
      suggestionList.show(suggestedNow())
    })
  }

  function ask(question: string): boolean {
    place.showConversation()
    const asked = threads.shown.ask(question, pictureBox?.pictures.slice())
    if (asked) pictureBox?.clear()
    changedHere()
    return asked
  }

  /** Lets pictures into the question box, where the Worker takes them. */
  async function takePictures(): Promise<void> {
    if (!(await health())?.pictures) return
    const part = await loadPictures()
    if (detached.signal.aborted) return
    pictureBox = part.createPictureBox(frame, { tree, strings, say: speech.say })
  }

  /** Says so, once, if the browser refuses: its storage may be full of what the page keeps. */
  function save(conversation: Conversation, when: 'now' | 'soon'): void {
    kept.save(conversation, when)
    const isRefused = kept.isRefused(conversation)
    if (isRefused && notKept.hidden) speech.say(strings.notKept)
    notKept.hidden = !isRefused
  }

  function warm(): void {
    void warmCaller(`${base}/streams`, send, promptBound.told)
  }

  function keepToEnd(grows: boolean): void {
    if (grows) follow.start()
    else follow.rest()
  }

  function showEnd(): void {
    // Start even if the answer is complete: it may not be painted yet.
    follow.start()
    keepToEnd(threads.shown.busy)
  }

  async function loadList(): Promise<void> {
    try {
      const { createConversationList } = await import('./view/conversation-list.ts')
      list ??= createConversationList(conversations, tree, { strings, language, on: listActions })
      fillList()
    } catch {
      // Opening the list tries again.
    }
  }

  function fillList(): void {
    if (!place.isShown) return
    const none = storage === 'none' ? strings.noConversationsHere : strings.noConversations
    if (list) list.show(threads.shown.conversation, none)
    else void loadList()
  }

  /** What depends on the shown conversation, and whether it is being answered. */
  function changedHere(): void {
    fillList()
    showSuggestions()
    changed()
  }

  function exportNow(format: ExportFormat): string {
    const { conversation } = threads.shown
    if (format === 'json') return JSON.stringify(toJson(conversation), null, 2)
    return toMarkdown(conversation, {
      you: strings.you,
      picture: strings.picture,
      assistant: strings.assistant,
      notes: noteWords(strings),
      failed: strings.endedFailed,
      pending: strings.endedPending,
      cite: responsesPart()?.withFootnotes,
    })
  }

  const detached = new AbortController()
  // A triple click: once its button is up, the browser has selected.
  log.addEventListener('mouseup', ({ detail }) => detail === 3 && endSelectionInBlock(tree), {
    signal: detached.signal,
  })
  addEventListener('pagehide', kept.flush, { signal: detached.signal })
  // The reader may have continued on another page of the site.
  addEventListener('pageshow', ({ persisted }) => persisted && threads.refresh('page'), {
    signal: detached.signal,
  })
  const unwatch = kept.watch((id) => {
    // While an answer arrives here, both tabs store it: don't refresh.
    if (id === threads.shown.conversation.id && !threads.shown.busy) threads.refresh('tab')
    fillList()
  })
  // A page that may not have a session may not ask this either.
  visitor.session.ready().then(api, () => {})
  takePictures().catch(() => {})
  warm()
  showEnd()
  pageChanged()
  showSuggestions()

  return {
    get isBusy() {
      return threads.shown.busy
    },
    get isEmpty() {
      return threads.shown.conversation.turns.length === 0
    },
    ask,
    suggest(questions) {
      suggested = questions
      showSuggestions()
    },
    pageChanged,
    stop: () => threads.shown.stop(),
    begin() {
      place.showConversation()
      threads.begin()
    },
    showList: place.show,
    export: exportNow,
    remove() {
      kept.flush()
      threads.leave()
      speech.stop()
      pictureBox?.remove()
      follow.detach()
      place.detach()
      notKept.remove()
      unwatch()
      detached.abort()
    },
  }
}

/** Where the page blocks a part, the chat goes on without what it shows. */
function withPart<T>(load: () => Promise<T>, show: (part: T) => void): void {
  load()
    .then(show)
    .catch(() => {})
}
