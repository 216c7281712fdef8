/** A visitor: opens a session, asks, reads, asks again; and tries again as the client does if that fails. */
import { ChatError } from '../../client/stream/chat-error.ts'
import { beginning, type ResumeEvent, resume } from '../../client/stream/resume.ts'
import { DEADLINES, RESERVATION_GRACE_MS, VISITOR_TOKENS } from '../../worker/limits.ts'
import type { Addresses } from './address.ts'
import { type Caller, type CallerParts, createCaller, type Reserved } from './caller.ts'
import { createServer, type Gauge, type Server } from './server.ts'
import type { WorkTimes } from './work.ts'

/** Assumptions about people, networks and the model. Times in milliseconds. */
export const ASSUMED = {
  /** From a reader to the Worker next to it and to its object, one way. */
  hop: 15,
  /** From an object to the total's, one way: on the same continent, or on another one. */
  farHop: { least: 5, most: 100 },
  /** Until the first question is written, and then until the next one: at the least, and the mean beyond. */
  firstQuestion: { least: 5_000, mean: 20_000 },
  nextQuestion: { least: 15_000, mean: 45_000 },
  firstToken: 800,
  /** Of a question with its system prompt, and of each question and answer before it. */
  prompt: { first: 300, each: 550 },
  /** Of messages to the total, and of connections in mid-answer. */
  lost: { message: 0.001, connection: 0.02 },
  /** Of answers, whose object dies and settles nothing: the reservation expires. */
  unsettled: 0.001,
  /** Who tries again after a failure that is shown, how often, and how much later than told. */
  again: { share: 0.5, most: 3, least: 2_000, mean: 5_000 },
} as const

export interface Tally {
  visitors: number
  sessionsRefused: number
  /** Questions, as visitors see them: with all of the client's attempts. */
  asked: number
  accepted: number
  /** The total had nothing left. */
  refused: number
  /** Given up by the client: the total's object didn't answer in time. */
  failed: number
  /** Answers that run. */
  running: number
  mostRunning: number
  /** From the question until it is accepted. */
  acceptedAfter: number[]
  /** From the loss of a connection until it is read on. */
  backAfter: number[]
  /** When readers tried to reconnect. */
  reconnects: number[]
}

export interface Visit {
  answers: number
  tokens: number
  /** Tokens a second after the first one. */
  pace: number
  work: WorkTimes
  addresses: Addresses
  gauge: Gauge
  tally: Tally
  parts: Omit<CallerParts, 'server'>
  callers: Map<string, { caller: Caller; server: Server }>
  /** How to end each running answer by a restart of its object. */
  running: Set<() => void>
  /** Nothing can be reached before this time. */
  upAt(): number
}

const LOST = new ChatError('lost', { code: 'network', type: 'client_error' })
const UNAVAILABLE = new ChatError('unavailable', {
  code: 'object_unavailable',
  type: 'server_error',
  status: 503,
})

export function arrive(name: string, visit: Visit): void {
  const { answers, tokens, pace, work, addresses, gauge, tally, parts, callers, running, upAt } = visit
  const { events, chance } = parts
  const { now, after } = events
  const { hop, farHop, firstQuestion, nextQuestion, again, lost, prompt } = ASSUMED
  const server = createServer(gauge)
  const farMs = chance.between(farHop.least, farHop.most)
  const caller = createCaller(name, farMs, { ...parts, server })
  callers.set(name, { caller, server })
  let calls = 0

  const pause = ({ least, mean }: { least: number; mean: number }) => least + chance.exponential(mean)

  function openSession(attempt = 1): void {
    const { done, isRefused } = addresses.countSession(now())
    if (!isRefused) {
      // The Worker makes the visitor's object, and the visitor writes.
      server.serve(done + hop, work.cold)
      after(done - now() + pause(firstQuestion), () => ask(1))
    } else if (attempt === 3) tally.sessionsRefused++
    else after(chance.between(30_000, 90_000), () => openSession(attempt + 1))
  }

  /** One question, with the attempts that the client makes by itself. */
  function ask(answer: number, tries = 1): void {
    const asked = now()
    tally.asked++
    let state = beginning({ now: asked, online: true, accepted: false })
    const tell = (event: ResumeEvent) => {
      const result = resume(state, event, now(), chance.next())
      state = result.state
      return result.next
    }

    function isLost(error: ChatError, attempt: () => void, giveUp: () => void): void {
      const next = tell({ kind: 'lost', error })
      if (next.do === 'reconnect') after(next.afterMs, attempt)
      else if (next.do === 'give up') giveUp()
    }

    function tryAgain(waitMs: number): void {
      if (tries < again.most && chance.happens(again.share)) {
        after(waitMs + pause(again), () => ask(answer, tries + 1))
      }
    }

    function attempt(): void {
      tell({ kind: 'trying' })
      if (now() < upAt()) {
        isLost(LOST, attempt, () => tally.failed++)
        return
      }
      const done = server.serve(now() + hop, work.answer)
      const promptTokens = prompt.first + prompt.each * (answer - 1)
      events.at(done, () => {
        const call = {
          id: `${++calls}`,
          prompt: promptTokens,
          output: VISITOR_TOKENS.output,
          expiresAt: now() + DEADLINES.total + RESERVATION_GRACE_MS,
        }
        caller.reserve(call, (reserved) => {
          after(hop, () => hear(reserved, call.id, promptTokens + tokens))
        })
      })
    }

    function hear(reserved: Reserved, id: string, used: number): void {
      if (reserved === 'reserved') read(id, used)
      else if (reserved === 'unavailable') {
        isLost(UNAVAILABLE, attempt, () => {
          tally.failed++
          tryAgain(0)
        })
      } else {
        tally.refused++
        const waitMs = reserved === 'refused' ? Infinity : reserved.short.retryAfterMs
        if (waitMs <= 60_000) tryAgain(waitMs)
      }
    }

    /** The answer runs, and is read. */
    function read(id: string, used: number): void {
      tell({ kind: 'opened' })
      tally.accepted++
      tally.acceptedAfter.push(now() - asked)
      tally.running++
      tally.mostRunning = Math.max(tally.mostRunning, tally.running)
      const begun = now()
      const lastsMs = ASSUMED.firstToken + (1000 * tokens) / pace
      const eventsSoFar = () => Math.min(tokens, Math.max(0, ((now() - begun) * pace) / 1000))
      let isOver = false

      function end(isInterrupted: boolean): void {
        if (isOver) return
        isOver = true
        running.delete(restart)
        tally.running--
        if (isInterrupted) caller.settle(id, Math.round(used - tokens + eventsSoFar()))
        else {
          if (!chance.happens(ASSUMED.unsettled)) caller.settle(id, used)
          if (answer < answers) after(pause(nextQuestion), () => ask(answer + 1))
        }
      }

      function connectionLost(onBack: () => void, replayMs: () => number): void {
        const at = now()
        const reconnect = () => {
          tell({ kind: 'trying' })
          tally.reconnects.push(now())
          if (now() < upAt()) return isLost(LOST, reconnect, () => {})
          events.at(server.serve(now() + hop, replayMs()) + hop, () => {
            tell({ kind: 'opened' })
            tally.backAfter.push(now() - at)
            onBack()
          })
        }
        isLost(LOST, reconnect, () => {})
      }

      /** The object restarts: the answer ends as interrupted, and half of its readers ask again. */
      function restart(): void {
        const so = eventsSoFar()
        end(true)
        const wakeMs = work.cold + work.replayed * so
        connectionLost(
          () => tryAgain(0),
          () => wakeMs,
        )
      }

      running.add(restart)
      after(lastsMs, () => end(false))
      if (!chance.happens(lost.connection)) return
      after(chance.between(0, lastsMs), () => {
        if (!isOver)
          connectionLost(
            () => {},
            () => work.replayed * eventsSoFar(),
          )
      })
    }

    attempt()
  }

  tally.visitors++
  openSession()
}
