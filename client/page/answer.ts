/** Shows one answer while it comes, until it has ended one way or the other. */
import type { ChatChunk, EndState } from '../../worker/wire.ts'
import { createMeter, type Reading, toldReading } from '../stream/meter.ts'
import type { ChatStream, StreamOptions } from '../stream/read-stream.ts'
import { retracts, withdraw } from '../stream/withdraw.ts'
import type { Turn } from './conversation.ts'
import { speedLine, waitingLine } from './speed-line.ts'
import type { TurnView } from './turn-view.ts'

const SPEED_INTERVAL_MS = 100

/**
 * A stop takes effect within this time, whatever the network does: what the server still had under way is shown, if
 * it comes by then.
 */
const STOP_GRACE_MS = 400

/** Why an answer is shorter than the model would have made it. */
const TOO_LONG = 'The answer reached the longest length that is allowed here.'
const NO_BUDGET = 'The answer reached the number of tokens that was left.'

export type Outcome =
  | { end: 'done' | 'withheld' }
  | { end: 'stopped'; here: boolean }
  | { end: 'failed'; error: unknown }

interface Watched {
  /** The answer, to be read with these options. */
  open(options: Pick<StreamOptions, 'signal' | 'onConnection'>): ChatStream
  /** Whether it was asked for before the page was loaded: then its speed is what the server tells. */
  resumed: boolean
  /** Called at the first delta. */
  begun(): void
  /** Called when the server has named the stream. */
  named(id: string): void
  /** Called when the connection was lost, and will be had again. */
  reconnecting(): void
  /** Called whenever there is more of it. */
  grown(): void
  /** Called when a part of it was taken back. */
  shortened(): void
}

export interface ShownAnswer {
  /** Never rejects. */
  ended: Promise<Outcome>
  /** Stops it for all who watch it. */
  stop(): void
}

/** What had arrived on an earlier try stays on the page until this one has something better. */
export function showAnswer(turn: Turn, view: TurnView, watched: Watched): ShownAnswer {
  const meter = createMeter(() => performance.now())
  const leave = new AbortController()
  const graceOver = Promise.withResolvers<Outcome>()
  let told: Reading | undefined
  let state: EndState = 'done'
  /** The model's words alone, without a refusal beside them; and how many of them are shown. */
  let content = ''
  let shown = 0
  let withheld = false
  let begun = false
  let stoppedHere = false
  let over = false

  function show(chunk: ChatChunk): void {
    // One answer was asked for, whatever a server sends beside it.
    const choice = chunk.choices.find(({ index }) => index === 0)
    content += choice?.delta?.content ?? ''
    // After a stop no more is shown, but what is taken back goes all the same.
    if (retracts(chunk)) takeBack(chunk)
    if (over) return
    meter.see(chunk)
    told = toldReading(chunk) ?? told
    state = chunk.millrace?.state ?? state
    const text = (choice?.delta?.content ?? '') + (choice?.delta?.refusal ?? '')
    if (text !== '') {
      if (!begun) begin()
      turn.answer += text
      shown = content.length
      view.append(text)
      watched.grown()
    }
    if (choice?.finish_reason === 'length') setNote(TOO_LONG)
    withheld ||= choice?.finish_reason === 'content_filter' || state === 'moderated'
  }

  function takeBack(chunk: ChatChunk): void {
    content = withdraw(content, chunk)
    turn.answer = content.slice(0, shown)
    view.shorten(turn.answer)
    watched.shortened()
  }

  function begin(): void {
    begun = true
    turn.answer = ''
    view.clear()
    view.setState('flowing')
    watched.begun()
  }

  function setNote(note: string): void {
    turn.note = note
    view.setNote(note)
  }

  function showSpeed(): void {
    const reading = meter.read()
    if (reading.firstTokenMs === null && turn.pending && !(watched.resumed && turn.answer !== '')) {
      view.setSpeed(waitingLine(Date.now() - turn.pending.askedAt))
    } else view.setSpeed(watched.resumed ? '' : speedLine(reading, false))
  }

  const stream = watched.open({
    signal: leave.signal,
    onConnection(connection) {
      if (over) return
      view.setReconnecting(connection === 'reconnecting')
      if (connection === 'reconnecting') watched.reconnecting()
      else if (stream.id !== undefined) watched.named(stream.id)
    },
  })

  async function read(): Promise<Outcome> {
    try {
      for await (const chunk of stream) show(chunk)
      if (state === 'stopped') return { end: 'stopped', here: stoppedHere }
      return { end: withheld ? 'withheld' : 'done' }
    } catch (error) {
      return stoppedHere ? { end: 'stopped', here: true } : { end: 'failed', error }
    }
  }

  function finish(outcome: Outcome): Outcome {
    over = true
    clearInterval(ticking)
    turn.end = outcome.end
    const reading = watched.resumed ? told : meter.read()
    turn.speed = reading ? speedLine(reading, true) : ''
    view.setReconnecting(false)
    view.setSpeed(turn.speed)
    view.setState(outcome.end)
    if (outcome.end === 'stopped') {
      setNote(outcome.here ? 'You stopped this answer.' : 'This answer was stopped.')
    }
    if (outcome.end === 'withheld') {
      setNote(turn.answer === '' ? 'This answer was withheld.' : 'The rest of this answer was withheld.')
    }
    if (state === 'budget') setNote(NO_BUDGET)
    else if (outcome.end === 'done' && !begun) setNote('The model had nothing to say.')
    return outcome
  }

  view.setState(watched.resumed && turn.answer !== '' ? 'flowing' : 'waiting')
  const ticking = setInterval(showSpeed, SPEED_INTERVAL_MS)
  showSpeed()
  return {
    ended: Promise.race([read(), graceOver.promise]).then(finish),
    stop() {
      if (stoppedHere) return
      stoppedHere = true
      setTimeout(() => graceOver.resolve({ end: 'stopped', here: true }), STOP_GRACE_MS)
      // It goes on trying behind the reader's back; and an answer that nobody reads does end.
      void stream
        .stop()
        .catch(() => {})
        .then(() => setTimeout(() => leave.abort(), STOP_GRACE_MS))
    },
  }
}
