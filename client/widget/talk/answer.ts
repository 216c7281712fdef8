/** Receives one answer while it comes, until it has ended one way or the other. */
import type { ChatChunk, EndState } from '../../../worker/protocol/wire.ts'
import { createMeter, type Reading, toldReading } from '../../stream/meter.ts'
import type { ChatStream, StreamOptions } from '../../stream/read-stream.ts'
import { retracts, withdraw } from '../../stream/withdraw.ts'
import type { TurnView } from '../view/turn-view.ts'
import type { Note, Turn } from './conversation.ts'

const SPEED_INTERVAL_MS = 100

/**
 * A stop takes effect within this time, whatever the network does: what the server still had under way is shown, if
 * it comes by then.
 */
const STOP_GRACE_MS = 400

export type Outcome = { end: 'done' | 'withheld' } | { end: 'stopped' } | { end: 'failed'; error: unknown }

interface Watched {
  /** The answer, to be read with these options. */
  open(options: Pick<StreamOptions, 'signal' | 'onConnection'>): ChatStream
  /** Whether it was asked for before the page was loaded: then its speed is what the server tells. */
  resumed: boolean
  /** Called at once, where there will be more of what is there already. */
  kept(): void
  /** Called before the first text that was not there yet. @param goesOn whether it belongs to what was */
  begun(goesOn: boolean): void
  /** Called when the server has named the stream. */
  named(id: string): void
  /** Called when the connection was lost, and will be had again. */
  reconnecting(): void
  /** Called whenever there is more of it: with each part once, also where the stream is read from its beginning again. */
  grown(text: string): void
  /** Called when a part of it was taken back. */
  shortened(): void
}

export interface ShownAnswer {
  /** Never rejects; nor does it resolve once it was left. */
  ended: Promise<Outcome>
  /** Stops it for all who watch it. */
  stop(): void
  /** Stops it, and shows no more of it: there is no place for it any more. */
  discard(): void
  /** Reads no more of it. It goes on for others, and can be followed again. */
  leave(): void
}

/**
 * What had arrived on an earlier try stays on the page until this one has something better: an answer that was whole is
 * still so after an attempt to have it again that brought nothing.
 */
export function showAnswer(turn: Turn, view: TurnView, watched: Watched): ShownAnswer {
  const meter = createMeter(() => performance.now())
  const leaving = new AbortController()
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
  /** How the earlier try ended, if what it brought is worth something by itself. */
  const before = turn.end === 'failed' ? undefined : turn.end
  const goesOn = watched.resumed && turn.answer !== '' && before === undefined
  /** What is there already, as long as nothing else has come; and how much of it has come once more. */
  let known = goesOn ? turn.answer : undefined
  let repeated = 0

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
    const text = newOf((choice?.delta?.content ?? '') + (choice?.delta?.refusal ?? ''))
    if (text !== '') {
      if (!begun) begin()
      turn.answer += text
      shown = content.length
      view.append(text)
      watched.grown(text)
    }
    if (choice?.finish_reason === 'length') setNote('too-long')
    withheld ||= choice?.finish_reason === 'content_filter' || state === 'moderated'
  }

  /** What of this text is not there yet. */
  function newOf(text: string): string {
    if (known === undefined) return text
    if (known.startsWith(text, repeated)) {
      repeated += text.length
      return ''
    }
    const came = known.slice(0, repeated) + text
    // It is another one: what was there is of an earlier try, or was taken back.
    if (!came.startsWith(known)) clear()
    known = undefined
    return came.slice(turn.answer.length)
  }

  function takeBack(chunk: ChatChunk): void {
    content = withdraw(content, chunk)
    if (begun || goesOn) shorten(content.slice(0, Math.max(shown, known?.length ?? 0)))
  }

  function shorten(text: string): void {
    known = undefined
    shown = text.length
    turn.answer = text
    view.shorten(text)
    watched.shortened()
  }

  function begin(): void {
    begun = true
    if (!goesOn) clear()
    delete turn.end
    view.setState('flowing')
    watched.begun(turn.answer !== '')
  }

  function clear(): void {
    turn.answer = ''
    delete turn.note
    delete turn.rating
    view.clear()
    view.setRating(undefined)
  }

  function setNote(note: Note): void {
    turn.note = note
    view.setNote(note)
  }

  function showSpeed(): void {
    const reading = meter.read()
    if (reading.firstTokenMs === null && turn.pending && !goesOn) {
      view.setWaited(Date.now() - turn.pending.askedAt)
    } else view.setReading(watched.resumed ? undefined : reading, false)
  }

  const stream = watched.open({
    signal: leaving.signal,
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
      if (state === 'stopped') return { end: 'stopped' }
      return { end: withheld ? 'withheld' : 'done' }
    } catch (error) {
      if (stoppedHere) return { end: 'stopped' }
      // Nobody waits for it any more.
      if (leaving.signal.aborted) return new Promise(() => {})
      return { end: 'failed', error }
    }
  }

  function finish(outcome: Outcome): Outcome {
    over = true
    clearInterval(ticking)
    view.setReconnecting(false)
    if (!begun) {
      const broughtNothing = outcome.end === 'stopped' || outcome.end === 'failed'
      if (broughtNothing && before !== undefined) {
        view.setReading(turn.speed, true)
        view.setState(before)
        return outcome
      }
      // It came to its end, and this is all there is.
      if (!broughtNothing && !goesOn) clear()
      else if (!broughtNothing && known && repeated < known.length) shorten(known.slice(0, repeated))
    }
    turn.end = outcome.end
    const reading = watched.resumed ? told : meter.read()
    if (reading) turn.speed = reading
    else delete turn.speed
    view.setReading(reading, true)
    view.setState(outcome.end)
    if (outcome.end === 'stopped') setNote(stoppedHere ? 'stopped-here' : 'stopped')
    if (outcome.end === 'withheld') setNote(turn.answer === '' ? 'withheld-all' : 'withheld')
    if (state === 'budget') setNote('no-budget')
    else if (outcome.end === 'done' && turn.answer === '') setNote('nothing-said')
    return outcome
  }

  view.setState(goesOn ? 'flowing' : 'waiting')
  if (goesOn) watched.kept()
  const ticking = setInterval(showSpeed, SPEED_INTERVAL_MS)
  showSpeed()

  function stop(): void {
    if (stoppedHere) return
    stoppedHere = true
    setTimeout(() => graceOver.resolve({ end: 'stopped' }), STOP_GRACE_MS)
    // It goes on trying behind the reader's back; and an answer that nobody reads does end.
    void stream
      .stop()
      .catch(() => {})
      .then(() => setTimeout(() => leaving.abort(), STOP_GRACE_MS))
  }

  return {
    ended: Promise.race([read(), graceOver.promise]).then(finish),
    stop,
    discard() {
      over = true
      clearInterval(ticking)
      // Not left at once: a question that the server has not answered yet can be stopped only when it has a name.
      stop()
    },
    leave() {
      over = true
      clearInterval(ticking)
      leaving.abort()
    },
  }
}
