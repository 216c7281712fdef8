/**
 * Shows one conversation. Questions are asked one at a time; each can be stopped, retried, edited and rated.
 */
import type { ChatMessage } from '../../../worker/formats/chat-completions/wire.ts'
import { ChatError } from '../../stream/chat-error.ts'
import { newKey } from '../../stream/open-stream.ts'
import type { Emit } from '../events.ts'
import { isTooLong } from '../view/explain-trouble.ts'
import type { TurnActions, TurnView } from '../view/turn-view.ts'
import { type AnswerOutcome, type ShownAnswer, showAnswer } from './answer.ts'
import {
  answeredBefore,
  type Conversation,
  lacksPictures,
  leftOutFrom,
  type Pending,
  type Picture,
  passedAnswer,
  passedTurn,
  sentBefore,
  type Turn,
  toMessages,
} from './conversation.ts'
import { type Asking, openAnswer } from './open-answer.ts'
import { fittingTurns, type PromptBound, promptTokens } from './prompt-bound.ts'
import { tellOwner } from './tell-owner.ts'
import { leftUnanswered, picturesGone, type Trouble, troubleOf, waitLeft } from './trouble.ts'

/**
 * Idempotency keys of the questions that were asked on this page. No other question is sent without a click:
 * it may be from a tab that the browser restored after days, or from a script of the host page.
 */
const askedHere = new Set<string>()

/**
 * How often a question is sent, each time with half as much before it, until it is sent alone. Five halvings
 * are from what the largest models take to what the smallest do.
 */
const MAX_SENDS = 7

/** What a thread needs from its surroundings. */
export interface ThreadOptions {
  asking: Asking
  /** The element that holds the turns. */
  list: HTMLElement
  /**
   * Whether another tab asks in this conversation: an answer in progress is only followed here, and stored
   * there.
   */
  watched: boolean
  /** Idempotency keys of answers that this tab was not allowed to read. */
  closed: Set<string>
  createTurnView(turn: Turn, actions: TurnActions): TurnView
  emit: Emit
  save(conversation: Conversation, when: 'now' | 'soon'): void
  /** Calls the Worker. */
  send: typeof fetch
  /** Prepares such a call: the visitor may have to solve a challenge first. */
  ready(): Promise<void>
  /** Whether the visitor is being asked to prove to be a person. */
  isChecking(): boolean
  model(): string | undefined
  promptBound: PromptBound
  /** Reads what of the page goes along with a question; `undefined`: nothing does. */
  readContext(): Promise<string | undefined> | undefined
  /** Shows what went along; `undefined`: nothing. */
  showContext(view: TurnView, context: string | undefined): void
  /** Called when an answer begins to be awaited, and when it has ended. */
  busy(busy: boolean): void
  /** Announcements about the answer in this view. */
  announce: {
    /** The text so far was announced before, and will continue. */
    kept(view: TurnView): void
    begun(view: TurnView, continues: boolean): unknown
    shortened(view: TurnView): unknown
    /** @param words what a tool does; '' if that was said */
    progress(words: Promise<string>): unknown
    /** @param isUnsent whether the question waits for a network */
    reconnecting(isUnsent: boolean): unknown
    /** The oldest messages are no longer sent. */
    leftOut(): unknown
    ended(view: TurnView, turn: Turn): void
    /** All text of the answer was removed. */
    dropped(): unknown
  }
  /**
   * Called when the reader asks again, with the access key if one was entered, or takes a question back. The
   * clicked button disappears.
   */
  retried(key?: string): void
  /** Begins a new conversation, with the turn's question in the question box. */
  startOver(turn: Turn): void
}

export interface Thread {
  readonly conversation: Conversation
  readonly busy: boolean
  /**
   * @returns whether the question is asked; `false` while another answer is in progress, or if the page
   *   prevents it
   */
  ask(question: string, pictures?: readonly Picture[]): boolean
  /** Stops the answer in progress. */
  stop(): void
  /** Stops the answer and removes the turns. */
  discard(): void
  /** Stops reading and removes the turns. An answer continues on the server and can be resumed. */
  leave(): void
}

/** Shows a stored conversation, and resumes its answer if that has not ended. */
export function createThread(conversation: Conversation, options: ThreadOptions): Thread {
  const { list, emit, announce, send, ready } = options
  const { turns } = conversation
  const { promptBound } = options
  const views = new Map<Turn, TurnView>()
  let current: { turn: Turn; answer: ShownAnswer } | undefined
  let leftOut: Turn | undefined

  const save = (when: 'now' | 'soon') => options.save(conversation, when)

  function show(turn: Turn): TurnView {
    const view = options.createTurnView(turn, {
      // Only the last answer can be regenerated. Any question can be edited.
      again: () => askAgain(turn),
      edit: (question) => edit(turn, question),
      withdraw() {
        current?.answer.stop()
        options.retried()
      },
      startOver: () => options.startOver(turn),
      rate(rating) {
        if (rating) turn.rating = rating
        else delete turn.rating
        save('now')
        emit('millrace-feedback', { ...asked(turn), answer: passedAnswer(turn), rating: rating ?? null })
      },
    })
    view.setRating(turn.rating)
    views.set(turn, view)
    list.append(view.element)
    return view
  }

  function markLatest(): void {
    for (const [turn, view] of views) view.setLatest(turn === turns.at(-1))
  }

  const asked = ({ question }: Turn) => ({ conversation: conversation.id, question })

  /** @param watched whether another tab asked, and stores the answer */
  async function run(turn: Turn, watched = false): Promise<void> {
    const view = views.get(turn)
    if (!view || current) return
    const resumed = turn.pending !== undefined
    const model = turn.pending ? turn.pending.model : options.model()
    const reading = turn.pending ? undefined : options.readContext()
    if (!turn.pending) {
      setContext(turn, view, undefined)
      sendWhatFits(turn, model)
    }
    turn.pending ??= { key: newKey(), askedAt: Date.now(), ...chosen(model) }
    delete turn.pending.isUnsent
    delete turn.trouble
    view.hideTrouble()
    options.busy(true)
    let outcome = await receive(turn, turn.pending, view, { resumed, watched, reading })
    for (let sends = 1; !watched && outcome && sendsLess(turn, outcome, sends); sends++) {
      // The server has this key for another body, if it has kept it.
      turn.pending = { key: newKey(), askedAt: turn.pending.askedAt, ...chosen(model) }
      outcome = await receive(turn, turn.pending, view, { resumed: false, watched })
    }
    // The question may have been edited and asked again meanwhile.
    if (!outcome) return
    current = undefined
    options.busy(false)
    if (watched && (isRefused(outcome) || isRefusedAsTooLong(outcome))) {
      // The tab that asks goes on, perhaps with fewer messages.
      options.closed.add(turn.pending.key)
      delete turn.end
      showElsewhere(turn, view)
      return
    }
    conclude(turn, view, outcome)
    showLeftOut(false)
    save('now')
  }

  /** @returns `undefined` if the answer was discarded meanwhile */
  async function receive(
    turn: Turn,
    pending: Pending,
    view: TurnView,
    {
      resumed,
      watched,
      reading,
    }: { resumed: boolean; watched: boolean; reading?: Promise<string | undefined> | undefined },
  ): Promise<AnswerOutcome | undefined> {
    askedHere.add(pending.key)
    showLeftOut(!resumed)
    // A write makes the other tabs follow again: two watching tabs that write would never stop.
    if (!watched) save('now')
    let reconnecting = false
    const answer = showAnswer(turn, view, {
      open: (streamOptions) =>
        openAnswer(options.asking, pending, () => messagesOf(turn, view, reading), {
          ...streamOptions,
          fetch: send,
          ready,
        }),
      resumed,
      kept: () => announce.kept(view),
      begun: (continues) => announce.begun(view, continues),
      named(id) {
        if (pending.id === id) return
        pending.id = id
        save('now')
      },
      awaited: () => (options.isChecking() ? 'check' : 'answer'),
      online: () => navigator.onLine,
      reconnecting(isUnsent) {
        if (!reconnecting) announce.reconnecting(isUnsent)
        reconnecting = true
      },
      unsent(isUnsent) {
        if (isUnsent) pending.isUnsent = true
        else delete pending.isUnsent
        save('now')
      },
      grown(text) {
        save('soon')
        emit('millrace-delta', { conversation: conversation.id, text })
      },
      progress: (progress) => announce.progress(view.setProgress(progress)),
      shortened() {
        save('now')
        announce.shortened(view)
      },
      passed: () => save('now'),
    })
    current = { turn, answer }
    const outcome = await answer.ended
    return current?.answer === answer ? outcome : undefined
  }

  /** @param reading what of the page goes along: it may take a moment */
  async function messagesOf(
    turn: Turn,
    view: TurnView,
    reading: Promise<string | undefined> | undefined,
  ): Promise<ChatMessage[]> {
    const context = await reading
    // The question may have been edited meanwhile: then it is not sent.
    if (context !== undefined && turns.includes(turn)) {
      setContext(turn, view, context)
      sendWhatFits(turn, turn.pending?.model)
      showLeftOut(true)
      save('now')
    }
    return toMessages(turns, turn)
  }

  function setContext(turn: Turn, view: TurnView, context: string | undefined): void {
    if (context === turn.context) return
    if (context === undefined) delete turn.context
    else turn.context = context
    options.showContext(view, context)
  }

  /** Leaves out the oldest turns that don't fit into a prompt. */
  function sendWhatFits(turn: Turn, model: string | undefined): void {
    const earlier = answeredBefore(turns, turn)
    const count = fittingTurns(turn, earlier, promptBound.of(model))
    if (count < earlier.length) turn.sentWith = count
    else delete turn.sentWith
  }

  /**
   * After a refusal: leaves out more, if there is more to leave out.
   *
   * @param sends how often the question was sent so far
   * @returns whether to send the question again
   */
  function sendsLess(turn: Turn, outcome: AnswerOutcome, sends: number): boolean {
    const sent = sentBefore(turns, turn)
    if (!isRefusedAsTooLong(outcome)) return false
    const model = turn.pending?.model
    // Then the question goes alone, without its page.
    const isAlone = sent.length === 0
    const view = views.get(turn)
    if (isAlone && (turn.context === undefined || !view)) return false
    promptBound.refused(model, promptTokens(turn, sent))
    if (isAlone && view) setContext(turn, view, undefined)
    sendWhatFits(turn, model)
    // What was refused is not sent once more, whatever is known of the bound.
    const fewer = Math.min(turn.sentWith ?? sent.length, sent.length - 1)
    turn.sentWith = sends < MAX_SENDS - 1 ? fewer : 0
    // As before the first attempt: an answer that is still to come has not ended.
    if (turn.end === 'failed') delete turn.end
    return true
  }

  /** Says where the conversation became too long to be sent whole. @param asking whether that may be news */
  function showLeftOut(asking: boolean): void {
    const from = leftOutFrom(turns)
    for (const [turn, view] of views) view.setLeftOut(turn === from)
    if (asking && from !== leftOut && from) announce.leftOut()
    leftOut = from
  }

  /** The answer arrives in another tab and is shown here whenever that tab stores it. */
  function showElsewhere(turn: Turn, view: TurnView): void {
    view.setState(turn.answer === '' ? 'waiting' : 'flowing')
  }

  /** Whether the answer is continued without a click: a named one is only read, and nothing is sent. */
  function mayTakeUp({ id, key }: Pending): boolean {
    if (options.watched) return id !== undefined && !options.closed.has(key)
    return id !== undefined || askedHere.has(key)
  }

  function conclude(turn: Turn, view: TurnView, outcome: AnswerOutcome): void {
    // After a lost connection the answer may continue on the server. A retry with the same key resumes it,
    // and is billed once.
    if (!isLost(outcome)) delete turn.pending
    if (outcome.end === 'failed') {
      turn.trouble = troubleOf(outcome.error, {
        began: turn.end === 'failed' && turn.answer !== '',
        at: Date.now(),
      })
      showTrouble(turn, view, turn.trouble)
      tellOwner(turn.trouble)
      const { code, status, message, requestId } = turn.trouble
      emit('millrace-error', { ...asked(turn), answer: passedAnswer(turn), code, status, message, requestId })
    } else {
      const { firstTokenMs = null, tokensPerSecond = null, tokens = null } = turn.speed ?? {}
      const speed = { firstTokenMs, tokensPerSecond, tokens }
      emit('millrace-answer', { ...asked(turn), answer: passedAnswer(turn), end: outcome.end, ...speed })
    }
    // A stop that left an earlier attempt's text in place has ended nothing.
    if (outcome.end !== 'stopped' || turn.end === 'stopped') announce.ended(view, turn)
  }

  function showTrouble(turn: Turn, view: TurnView, trouble: Trouble): void {
    view.showTrouble(trouble, (key) => askAgain(turn, key))
  }

  /**
   * Asks the question again. If the server has named the stream, only reads it again: then nothing is sent.
   */
  function askAgain(turn: Turn, key?: string): void {
    if (current) return
    if (turn.pending?.id === undefined) {
      const view = views.get(turn)
      const lacks = view && lacksPictures(turn)
      if (lacks) showTrouble(turn, view, picturesGone(Date.now()))
      if (lacks || !emit('millrace-ask', asked(turn))) return
    }
    options.retried(key)
    // The wait starts now, whatever an earlier attempt left.
    if (turn.pending) turn.pending.askedAt = Date.now()
    void run(turn)
  }

  function restore(turn: Turn, view: TurnView): void {
    // What had not passed when the thread was left comes again with the stream, or not at all.
    Object.assign(turn, passedTurn(turn))
    delete turn.unjudged
    view.append(turn.answer)
    if (turn.sources) view.setSources(turn.sources)
    if (turn.context !== undefined) options.showContext(view, turn.context)
    if (turn.pending && !options.watched && !mayTakeUp(turn.pending)) {
      // The request stays: asking again with its key is billed once, if the server has had the question.
      turn.end ??= 'failed'
      turn.trouble ??= lacksPictures(turn) ? picturesGone(turn.pending.askedAt) : leftUnanswered(turn.pending)
    }
    if (turn.end) view.setState(turn.end)
    view.setReading(turn.speed, true)
    if (turn.note) view.setNote(turn.note)
    if (turn.pending && mayTakeUp(turn.pending)) void run(turn, options.watched)
    else if (turn.trouble)
      showTrouble(turn, view, { ...turn.trouble, retryAfterMs: waitLeft(turn.trouble, Date.now()) })
    else if (turn.pending) showElsewhere(turn, view)
  }

  /** Replaces a question. All turns from it on are removed. */
  function edit(turn: Turn, question: string): boolean {
    if (!emit('millrace-ask', { conversation: conversation.id, question })) return false
    options.retried()
    announce.dropped()
    current?.answer.discard()
    if (current) options.busy(false)
    current = undefined
    for (const dropped of turns.splice(turns.indexOf(turn))) {
      views.get(dropped)?.remove()
      views.delete(dropped)
    }
    begin(question, turn.pictures)
    return true
  }

  function begin(question: string, pictures: readonly Picture[] = []): void {
    const before = turns.at(-1)
    // An answer that another tab was receiving ends here.
    if (before?.pending) before.end ??= 'failed'
    delete before?.pending
    delete before?.trouble
    const turn: Turn = { question, ...(pictures.length > 0 && { pictures }), answer: '' }
    turns.push(turn)
    show(turn)
    markLatest()
    void run(turn)
  }

  function removeTurns(): void {
    current = undefined
    for (const view of views.values()) view.remove()
  }

  for (const turn of turns) restore(turn, show(turn))
  markLatest()
  showLeftOut(false)

  return {
    conversation,
    get busy() {
      return current !== undefined
    },
    ask(question, pictures) {
      if (current || !emit('millrace-ask', { conversation: conversation.id, question })) return false
      begin(question, pictures)
      return true
    },
    stop: () => current?.answer.stop(),
    discard() {
      current?.answer.discard()
      removeTurns()
    },
    leave() {
      current?.answer.leave()
      removeTurns()
    },
  }
}

/** Whether the server has refused to show the answer. */
function isRefused(outcome: AnswerOutcome): boolean {
  return outcome.end === 'failed' && outcome.error instanceof ChatError && outcome.error.status !== null
}

/** Whether nothing came of it because the prompt was too long. */
function isRefusedAsTooLong(outcome: AnswerOutcome): boolean {
  if (outcome.end !== 'failed' || outcome.began || !(outcome.error instanceof ChatError)) return false
  return isTooLong(outcome.error)
}

/** Whether the connection failed, so that the state on the server is unknown. */
function isLost(outcome: AnswerOutcome): boolean {
  if (outcome.end !== 'failed' || !(outcome.error instanceof ChatError)) return false
  // Check the type too: a server may use the same code.
  return outcome.error.code === 'network' && outcome.error.type === 'client_error'
}

const chosen = (model: string | undefined) => (model === undefined ? {} : { model })
