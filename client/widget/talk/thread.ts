/** One conversation, shown: one question at a time, each of which can be stopped, tried again, edited and judged. */
import { ChatError, clientError } from '../../stream/chat-error.ts'
import { followStream, newKey, openStream } from '../../stream/open-stream.ts'
import type { ChatStream, StreamOptions } from '../../stream/read-stream.ts'
import type { Emit } from '../events.ts'
import type { TurnActions, TurnView } from '../view/turn-view.ts'
import { type Outcome, type ShownAnswer, showAnswer } from './answer.ts'
import { type Conversation, type Pending, type Turn, toMessages } from './conversation.ts'
import { type Trouble, troubleOf, waitLeft } from './trouble.ts'

/** A browser can bring back a tab after days, and with it a question that its reader has forgotten. */
const ASK_AGAIN_MS = 5 * 60_000

/** What a thread asks of those around it. */
export interface Surroundings {
  /** The Worker's address for durable streams. */
  streams: string
  /** Where the turns go. */
  list: HTMLElement
  /** Whether the conversation is shown as another tab has it: what is not over in it is asked for and kept there. */
  watched: boolean
  /** The keys of answers that may be read there and not here. */
  closed: Set<string>
  createTurnView(question: string, actions: TurnActions): TurnView
  emit: Emit
  save(conversation: Conversation, when: 'now' | 'soon'): void
  /** Calls the Worker. */
  send: typeof fetch
  /** Has all that such a call needs: a visitor may have a challenge to solve first. */
  ready(): Promise<void>
  model(): string | undefined
  /** Told when an answer begins to be awaited, and when it has ended. */
  busy(busy: boolean): void
  /** What who hears the page should know of the answer in this view. */
  heard: {
    /** What is there of it was told before, and will go on. */
    kept(view: TurnView): void
    begun(view: TurnView, goesOn: boolean): unknown
    shortened(view: TurnView): unknown
    reconnecting(): unknown
    ended(view: TurnView, turn: Turn): void
    /** All that was shown of it is gone. */
    dropped(): unknown
  }
  /** Told when the reader asks for an answer anew, with a key if one was asked for. The button for it goes. */
  retried(key?: string): void
}

export interface Thread {
  readonly conversation: Conversation
  readonly busy: boolean
  /** @returns whether the question is being asked: it is not while another answer comes, or where the page prevents it */
  ask(question: string): boolean
  /** Stops the answer that comes. */
  stop(): void
  /** Stops it, and takes all away. */
  discard(): void
  /** Reads no more; on the server an answer goes on, and can be taken up again. */
  leave(): void
}

/** Shows the conversation as it was kept, and takes up the answer that had not ended. */
export function createThread(conversation: Conversation, around: Surroundings): Thread {
  const { list, emit, heard, send, ready } = around
  const { turns } = conversation
  const views = new Map<Turn, TurnView>()
  let current: { turn: Turn; answer: ShownAnswer } | undefined

  const save = (when: 'now' | 'soon') => around.save(conversation, when)

  function show(turn: Turn): TurnView {
    const view = around.createTurnView(turn.question, {
      // An answer that was the last may come again; any question may be put in other words.
      again: () => askAgain(turn),
      edit: (question) => edit(turn, question),
      rate(rating) {
        if (rating) turn.rating = rating
        else delete turn.rating
        save('now')
        emit('millrace-feedback', { ...asked(turn), answer: turn.answer, rating: rating ?? null })
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

  /** @param watched whether another tab asked, and keeps what comes */
  async function run(turn: Turn, watched = false): Promise<void> {
    const view = views.get(turn)
    if (!view || current) return
    const resumed = turn.pending !== undefined
    turn.pending ??= { key: newKey(), askedAt: Date.now(), ...chosen(around.model()) }
    const { pending } = turn
    delete turn.trouble
    view.hideTrouble()
    save('now')
    let reconnecting = false
    const answer = showAnswer(turn, view, {
      open: (options) =>
        openAnswer(around.streams, pending, toMessages(turns, turn), { ...options, fetch: send, ready }),
      resumed,
      kept: () => heard.kept(view),
      begun: (goesOn) => heard.begun(view, goesOn),
      named(id) {
        pending.id = id
        save('now')
      },
      reconnecting() {
        if (!reconnecting) heard.reconnecting()
        reconnecting = true
      },
      grown(text) {
        save('soon')
        emit('millrace-delta', { conversation: conversation.id, text })
      },
      shortened() {
        save('now')
        heard.shortened(view)
      },
    })
    current = { turn, answer }
    around.busy(true)
    const outcome = await answer.ended
    // The question may have been changed meanwhile, and asked anew.
    if (current?.answer !== answer) return
    current = undefined
    around.busy(false)
    if (watched && isRefused(outcome)) {
      around.closed.add(pending.key)
      delete turn.end
      showElsewhere(turn, view)
      return
    }
    conclude(turn, view, outcome)
    save('now')
  }

  /** It comes in another tab, and is seen here as that one keeps it. */
  function showElsewhere(turn: Turn, view: TurnView): void {
    view.setState(turn.answer === '' ? 'waiting' : 'flowing')
  }

  function mayTakeUp({ id, key }: Pending): boolean {
    return !around.watched || (id !== undefined && !around.closed.has(key))
  }

  function conclude(turn: Turn, view: TurnView, outcome: Outcome): void {
    // The server may have it all the same, and go on without us: what is asked next is the same, which is paid for once.
    if (!isLost(outcome)) delete turn.pending
    if (outcome.end === 'failed') {
      turn.trouble = troubleOf(outcome.error, {
        began: turn.end === 'failed' && turn.answer !== '',
        at: Date.now(),
      })
      showTrouble(turn, view, turn.trouble)
      const { code, status, message, requestId } = turn.trouble
      emit('millrace-error', { ...asked(turn), answer: turn.answer, code, status, message, requestId })
    } else {
      const { firstTokenMs = null, tokensPerSecond = null, tokens = null } = turn.speed ?? {}
      const speed = { firstTokenMs, tokensPerSecond, tokens }
      emit('millrace-answer', { ...asked(turn), answer: turn.answer, end: outcome.end, ...speed })
    }
    // After a stop that left what stood there before, nothing has ended.
    if (outcome.end !== 'stopped' || turn.end === 'stopped') heard.ended(view, turn)
  }

  function showTrouble(turn: Turn, view: TurnView, trouble: Trouble): void {
    view.showTrouble(trouble, (key) => askAgain(turn, key))
  }

  /** The same question once more, or another look at an answer that the server has a name for: nothing is sent then. */
  function askAgain(turn: Turn, key?: string): void {
    if (current || (turn.pending?.id === undefined && !emit('millrace-ask', asked(turn)))) return
    around.retried(key)
    // Whatever is left of an earlier try, it is awaited from now on.
    if (turn.pending) turn.pending.askedAt = Date.now()
    void run(turn)
  }

  function restore(turn: Turn, view: TurnView): void {
    view.append(turn.answer)
    if (turn.pending && !isWorthAsking(turn.pending)) {
      turn.end ??= 'failed'
      turn.trouble = troubleOf(clientError('network', 'Left before it was sent.'), {
        began: false,
        at: turn.pending.askedAt,
      })
      delete turn.pending
    }
    if (turn.end) view.setState(turn.end)
    view.setReading(turn.speed, true)
    if (turn.note) view.setNote(turn.note)
    if (turn.pending && mayTakeUp(turn.pending)) void run(turn, around.watched)
    else if (turn.trouble)
      showTrouble(turn, view, { ...turn.trouble, retryAfterMs: waitLeft(turn.trouble, Date.now()) })
    else if (turn.pending) showElsewhere(turn, view)
  }

  /** A question in other words: what was said from it on is said anew. */
  function edit(turn: Turn, question: string): boolean {
    if (!emit('millrace-ask', { conversation: conversation.id, question })) return false
    around.retried()
    heard.dropped()
    current?.answer.discard()
    if (current) around.busy(false)
    current = undefined
    for (const dropped of turns.splice(turns.indexOf(turn))) {
      views.get(dropped)?.remove()
      views.delete(dropped)
    }
    begin(question)
    return true
  }

  function begin(question: string): void {
    const before = turns.at(-1)
    // What comes in another tab is over here.
    if (before?.pending) before.end ??= 'failed'
    delete before?.pending
    delete before?.trouble
    const turn = { question, answer: '' }
    turns.push(turn)
    show(turn)
    markLatest()
    void run(turn)
  }

  function takeAway(): void {
    current = undefined
    for (const view of views.values()) view.remove()
  }

  for (const turn of turns) restore(turn, show(turn))
  markLatest()

  return {
    conversation,
    get busy() {
      return current !== undefined
    },
    ask(question) {
      if (current || !emit('millrace-ask', { conversation: conversation.id, question })) return false
      begin(question)
      return true
    },
    stop: () => current?.answer.stop(),
    discard() {
      current?.answer.discard()
      takeAway()
    },
    leave() {
      current?.answer.leave()
      takeAway()
    },
  }
}

/** The answer that is awaited: asked for, unless the server has named it already. */
function openAnswer(
  streams: string,
  { id, key, model }: Pending,
  messages: ReturnType<typeof toMessages>,
  options: Pick<StreamOptions, 'fetch' | 'ready' | 'signal' | 'onConnection'>,
): ChatStream {
  if (id !== undefined) return followStream(streams, id, options)
  const request = { messages, ...chosen(model), stream_options: { include_usage: true } }
  return openStream(streams, request, { ...options, idempotencyKey: key })
}

/** Whether the server has said that there is nothing to be read. */
function isRefused(outcome: Outcome): boolean {
  return outcome.end === 'failed' && outcome.error instanceof ChatError && outcome.error.status !== null
}

/** Whether the connection failed, and so nobody here knows what the server has. */
function isLost(outcome: Outcome): boolean {
  if (outcome.end !== 'failed' || !(outcome.error instanceof ChatError)) return false
  // Its type too: a server is free to use the word as well.
  return outcome.error.code === 'network' && outcome.error.type === 'client_error'
}

/** A stream's end is seen when it is followed; a question that nobody may have had is not asked again much later. */
function isWorthAsking({ id, askedAt }: Pending): boolean {
  return id !== undefined || Date.now() - askedAt < ASK_AGAIN_MS
}

const chosen = (model: string | undefined) => (model === undefined ? {} : { model })
