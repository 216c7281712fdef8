/** The conversation on the page: one question at a time, each of which can be stopped and tried again. */
import { ChatError, clientError } from '../stream/chat-error.ts'
import { followStream, newKey, openStream } from '../stream/open-stream.ts'
import type { ChatStream, StreamOptions } from '../stream/read-stream.ts'
import type { Announcer } from './announcer.ts'
import { type Outcome, type ShownAnswer, showAnswer } from './answer.ts'
import { type Pending, type Turn, toMessages } from './conversation.ts'
import { type Explanation, explainError } from './explain-error.ts'
import type { KeptTurns } from './kept-turns.ts'
import { createTurnView, type TurnView } from './turn-view.ts'

const ENDPOINT = '/v1/streams'

/** A browser can bring back a tab after days, and with it a question that its reader has forgotten. */
const ASK_AGAIN_MS = 5 * 60_000

interface Surroundings {
  /** Where the turns go. */
  list: HTMLElement
  announcer: Announcer
  kept: KeptTurns
  /** Calls the Worker. */
  send: typeof fetch
  model(): string | undefined
  /** Told when an answer begins to be awaited, and when it has ended. */
  busy(busy: boolean): void
  /** Told when the reader tries again. */
  retried(): void
}

export interface Chat {
  readonly empty: boolean
  ask(question: string): void
  stop(): void
  /** Forgets the conversation, and stops the answer that comes. */
  clear(): void
}

/** Shows what was kept, and takes up the answer that had not ended. */
export function createChat({ list, announcer, kept, send, model, busy, retried }: Surroundings): Chat {
  let turns: Turn[] = []
  let latest: TurnView | undefined
  let current: ShownAnswer | undefined

  function show(turn: Turn): TurnView {
    latest?.hideTrouble()
    latest = createTurnView(turn.question)
    list.append(latest.element)
    return latest
  }

  async function run(turn: Turn, view: TurnView): Promise<void> {
    const resumed = turn.pending !== undefined
    turn.pending ??= { key: newKey(), askedAt: Date.now(), ...chosen(model()) }
    const asked = turn.pending
    delete turn.end
    delete turn.note
    delete turn.trouble
    delete turn.failedAt
    kept.save(turns, 'now')
    const messages = toMessages(turns, turn)
    let reconnecting = false
    const answer = showAnswer(turn, view, {
      open: (options) => open(asked, messages, { ...options, fetch: send }),
      resumed,
      begun() {
        if (current === answer) announcer.say('The answer has begun.')
      },
      named(id) {
        asked.id = id
        kept.save(turns, 'now')
      },
      reconnecting() {
        if (current === answer && !reconnecting) announcer.say('Reconnecting.')
        reconnecting = true
      },
      grown: () => kept.save(turns, 'soon'),
      shortened: () => kept.save(turns, 'now'),
    })
    current = answer
    busy(true)
    const outcome = await answer.ended
    // The conversation may have been cleared meanwhile, and another one begun.
    if (current !== answer) return
    current = undefined
    busy(false)
    conclude(turn, view, outcome)
    kept.save(turns, 'now')
  }

  function conclude(turn: Turn, view: TurnView, outcome: Outcome): void {
    // The answer may have gone on without us: it is not asked for a second time, but looked at again.
    if (!mayGoOn(turn, outcome)) delete turn.pending
    if (outcome.end === 'done') announcer.sayAnswer(turn.answer)
    if (outcome.end === 'stopped') announcer.say('Stopped.')
    if (outcome.end === 'withheld') announcer.say(turn.note ?? '')
    if (outcome.end !== 'failed') return
    turn.trouble = explainError(outcome.error, turn.answer !== '')
    turn.failedAt = Date.now()
    announcer.say(`${turn.trouble.title}. ${turn.trouble.advice}`)
    showTrouble(turn, view, turn.trouble)
  }

  function showTrouble(turn: Turn, view: TurnView, trouble: Explanation): void {
    view.showTrouble(trouble, () => {
      view.hideTrouble()
      retried()
      void run(turn, view)
    })
  }

  function restore(turn: Turn): void {
    turns.push(turn)
    const view = show(turn)
    view.append(turn.answer)
    if (turn.pending && isWorthAsking(turn.pending)) {
      void run(turn, view)
      return
    }
    if (turn.pending) {
      delete turn.pending
      turn.end = 'failed'
      turn.trouble = explainError(clientError('network', 'Left before it was sent.'), false)
    }
    if (turn.end) view.setState(turn.end)
    view.setSpeed(turn.speed ?? '')
    if (turn.note) view.setNote(turn.note)
    if (turn.trouble) showTrouble(turn, view, { ...turn.trouble, waitMs: waitLeft(turn) })
  }

  for (const turn of kept.load()) restore(turn)

  return {
    get empty() {
      return turns.length === 0
    },
    ask(question) {
      if (current) return
      const before = turns.at(-1)
      delete before?.pending
      delete before?.trouble
      const turn = { question, answer: '' }
      turns.push(turn)
      void run(turn, show(turn))
    },
    stop: () => current?.stop(),
    clear() {
      current?.stop()
      current = undefined
      busy(false)
      latest?.hideTrouble()
      latest = undefined
      turns = []
      kept.save(turns, 'now')
      list.replaceChildren()
    },
  }
}

/** The answer that is awaited: asked for, unless the server has named it already. */
function open(
  { id, key, model }: Pending,
  messages: ReturnType<typeof toMessages>,
  options: Pick<StreamOptions, 'fetch' | 'signal' | 'onConnection'>,
): ChatStream {
  if (id !== undefined) return followStream(ENDPOINT, id, options)
  const request = { messages, ...chosen(model), stream_options: { include_usage: true } }
  return openStream(ENDPOINT, request, { ...options, idempotencyKey: key })
}

/** What is left of the wait that a limit asked for, after the page was loaded anew. */
function waitLeft({ trouble, failedAt = 0 }: Turn): number {
  const waitMs = trouble?.waitMs ?? 0
  return Math.min(waitMs, Math.max(0, failedAt + waitMs - Date.now()))
}

function mayGoOn({ pending }: Turn, outcome: Outcome): boolean {
  return (
    pending?.id !== undefined &&
    outcome.end === 'failed' &&
    outcome.error instanceof ChatError &&
    outcome.error.code === 'network'
  )
}

/** A stream's end is seen when it is followed; a question that nobody may have had is not asked again much later. */
function isWorthAsking({ id, askedAt }: Pending): boolean {
  return id !== undefined || Date.now() - askedAt < ASK_AGAIN_MS
}

const chosen = (model: string | undefined) => (model === undefined ? {} : { model })
