/**
 * Receives one answer and shows it, until it has ended.
 *
 * The view may have text already: of an answer that is resumed after a reload, or of an earlier attempt.
 * Resumed text is kept and compared with the stream, which starts again at its beginning; new text is
 * appended after it. An earlier attempt's text stays until this attempt has text of its own.
 */

import type { EndState } from '../../../worker/protocol/wire.ts'
import { firstChoice } from '../../stream/first-choice.ts'
import { createMeter, type Reading, toldReading } from '../../stream/meter.ts'
import type { ChatStream, StreamOptions } from '../../stream/read-stream.ts'
import type { AnswerChunk, Progress, Source } from '../../stream/stream-format.ts'
import { retracts, withdraw } from '../../stream/withdraw.ts'
import type { Awaited, TurnView } from '../view/turn-view.ts'
import { type Note, passedAnswer, sourcesWithin, type Turn } from './conversation.ts'
import { wholeWords } from './whole-words.ts'

const PROGRESS_INTERVAL_MS = 100

/** A stop takes effect after this time at the latest. Text that arrives until then is still shown. */
const STOP_GRACE_MS = 400

export type AnswerOutcome =
  | { end: 'done' | 'withheld' }
  | { end: 'stopped' }
  /** `began`: new text had come. */
  | { end: 'failed'; error: unknown; began: boolean }

interface AnswerOptions {
  /** Opens the stream. */
  open(options: Pick<StreamOptions, 'signal' | 'onConnection'>): ChatStream
  /** Whether the question was asked before the page was loaded: then the server's timing is shown. */
  resumed: boolean
  /** Called at once if the view's text will be continued. */
  kept(): void
  /** Called before the first new text. @param continues whether it continues the view's text */
  begun(continues: boolean): void
  /** Called when the server has named the stream. */
  named(id: string): void
  /** What an answer without text waits for. */
  awaited(): Awaited
  /** Whether the browser says that it has a network. */
  online(): boolean
  /** Called when the connection was lost and is tried again. @param isUnsent as of `unsent` */
  reconnecting(isUnsent: boolean): void
  /** Called when the question begins to wait for a network, unsent, and when it no longer does. */
  unsent(isUnsent: boolean): void
  /** Called with each new piece of text, once each even if the stream is read from its beginning again. */
  grown(text: string): void
  /** Called when a tool begins to run, or its query is known. It ends with the next text. */
  progress(progress: Progress): void
  /** Called after the end of the text was retracted. */
  shortened(): void
  /** Called when text has passed moderation after the answer was stopped here. */
  passed(): void
}

export interface ShownAnswer {
  /** Never rejects. Doesn't resolve after `leave`. */
  ended: Promise<AnswerOutcome>
  /** Stops the answer, for all its readers. */
  stop(): void
  /** Stops the answer and shows no more of it, because its turn was removed. */
  discard(): void
  /** Stops reading. The answer continues on the server and can be followed again. */
  leave(): void
}

/**
 * Text of an earlier attempt stays until this attempt has text of its own, so an attempt that fails does not
 * destroy a complete answer.
 */
export function showAnswer(turn: Turn, view: TurnView, options: AnswerOptions): ShownAnswer {
  const meter = createMeter(() => performance.now())
  const leaving = new AbortController()
  const graceOver = Promise.withResolvers<AnswerOutcome>()
  let reported: Reading | undefined
  let state: EndState = 'done'
  /** The content so far without refusals, and how much of it is shown. */
  let content = ''
  let shown = 0
  /** How much of the text there was passed before; and where the first refusal begins in the text. */
  let passedBefore = 0
  let refusalAt = Number.POSITIVE_INFINITY
  let withheld = false
  /** What moderation took back. */
  let takenBack = ''
  let isReconnecting = false
  let isUnsent = false
  let begun = false
  let stoppedHere = false
  let over = false
  let gone = false
  /** How the earlier attempt ended, unless it failed. */
  const before = turn.end === 'failed' ? undefined : turn.end
  const continues = options.resumed && turn.answer !== '' && before === undefined
  /** The resumed text, until new text follows it; and how much of it the stream has repeated. */
  let known = continues ? turn.answer : undefined
  let repeated = 0
  if (known !== undefined) passedBefore = known.length

  function show(chunk: AnswerChunk): void {
    if (gone) return
    const choice = firstChoice(chunk)
    if (choice.refusal !== '') refusalAt = Math.min(refusalAt, content.length)
    content += choice.content
    // Retractions also apply after a stop, when no more text is shown.
    if (retracts(chunk)) retract(chunk)
    if (over) {
      if (markUnjudged()) options.passed()
      return
    }
    meter.see(chunk)
    reported = toldReading(chunk) ?? reported
    state = chunk.millrace?.state ?? state
    const text = newPart(choice.content + choice.refusal)
    if (text !== '') {
      if (!begun) begin()
      turn.answer += text
      shown = content.length
      view.append(text)
      markUnjudged()
      options.grown(text)
    } else markUnjudged()
    if (chunk.sources) cite(chunk.sources)
    if (chunk.progress) options.progress(chunk.progress)
    if (chunk.suggestions) turn.suggestions = chunk.suggestions
    if (choice.finishReason === 'length') setNote('too-long')
    withheld ||= choice.finishReason === 'content_filter' || state === 'moderated'
  }

  /**
   * Notes how much of the shown text may still be taken back. @returns whether text has passed since the last
   * call
   */
  function markUnjudged(): boolean {
    const { unjudged: before = 0 } = turn
    const chars = begun || continues ? stream.unjudged() : undefined
    const passed = Math.max(passedBefore, Math.min(content.length - (chars ?? 0), refusalAt))
    const unjudged = chars === undefined ? 0 : Math.max(0, turn.answer.length - passed)
    if (unjudged === 0) delete turn.unjudged
    else turn.unjudged = unjudged
    return unjudged < before
  }

  /** The part of `text` that is not yet shown. */
  function newPart(text: string): string {
    if (known === undefined) return text
    if (known.startsWith(text, repeated)) {
      repeated += text.length
      return ''
    }
    const came = known.slice(0, repeated) + text
    // The stream differs from the resumed text, which was of an earlier attempt or has been retracted.
    if (!came.startsWith(known)) clear()
    known = undefined
    return came.slice(turn.answer.length)
  }

  function retract(chunk: AnswerChunk): void {
    // The stream broke off, and its reader takes back what it can't know to have passed.
    if (stream.unjudged() !== undefined) {
      if (turn.unjudged) shorten(passedAnswer(turn))
      return
    }
    const before = content
    content = withdraw(content, chunk)
    takenBack = before.slice(content.length)
    if (begun || continues) shorten(content.slice(0, Math.max(shown, known?.length ?? 0)))
  }

  function shorten(text: string): void {
    known = undefined
    passedBefore = 0
    delete turn.unjudged
    shown = text.length
    turn.answer = text
    if (turn.sources) turn.sources = sourcesWithin(turn.sources, text)
    view.shorten(text)
    if (turn.sources) view.setSources(turn.sources)
    options.shortened()
  }

  /** A stream that is read again cites again. */
  function cite(sources: readonly Source[]): void {
    const before = turn.sources ?? []
    const isNew = (source: Source) => !before.some((one) => JSON.stringify(one) === JSON.stringify(source))
    turn.sources = [...before, ...sources.filter(isNew)]
    view.setSources(turn.sources)
  }

  function begin(): void {
    begun = true
    if (!continues) clear()
    delete turn.end
    view.setState('flowing')
    options.begun(turn.answer !== '')
  }

  function clear(): void {
    passedBefore = 0
    turn.answer = ''
    delete turn.unjudged
    delete turn.note
    delete turn.rating
    delete turn.sources
    delete turn.suggestions
    view.clear()
    view.setRating(undefined)
  }

  function setNote(note: Note): void {
    turn.note = note
    view.setNote(note)
  }

  function showProgress(): void {
    showConnection()
    const reading = meter.read()
    if (reading.firstTokenMs === null && !continues) view.setAwaited(options.awaited())
    else view.setReading(options.resumed ? undefined : reading, false)
  }

  /**
   * The browser may be wrong about its network, so a question counts as unsent only after a failed attempt.
   */
  function showConnection(): void {
    const wasUnsent = isUnsent
    isUnsent = isReconnecting && stream.id === undefined && !options.online()
    view.setConnection(isUnsent ? 'offline' : isReconnecting ? 'lost' : 'open')
    if (isUnsent !== wasUnsent) options.unsent(isUnsent)
  }

  const stream = options.open({
    signal: leaving.signal,
    onConnection(connection) {
      if (over) return
      isReconnecting = connection === 'reconnecting'
      showConnection()
      if (isReconnecting) options.reconnecting(isUnsent)
      else if (stream.id !== undefined) options.named(stream.id)
    },
  })

  async function read(): Promise<AnswerOutcome> {
    try {
      for await (const chunk of stream) show(chunk)
      if (state === 'stopped') return { end: 'stopped' }
      return { end: withheld ? 'withheld' : 'done' }
    } catch (error) {
      if (stoppedHere) return { end: 'stopped' }
      // The reader has left, so never resolve.
      if (leaving.signal.aborted) return new Promise(() => {})
      return { end: 'failed', error, began: begun }
    }
  }

  function finish(outcome: AnswerOutcome): AnswerOutcome {
    over = true
    clearInterval(ticking)
    view.setConnection('open')
    if (!begun) {
      const broughtNothing = outcome.end === 'stopped' || outcome.end === 'failed'
      if (broughtNothing && before !== undefined) {
        view.setReading(turn.speed, true)
        view.setState(before)
        return outcome
      }
      // The answer has ended, so text that was not repeated is not part of it.
      if (!broughtNothing && !continues) clear()
      else if (!broughtNothing && known && repeated < known.length) shorten(known.slice(0, repeated))
    }
    turn.end = outcome.end
    if (outcome.end !== 'done') delete turn.suggestions
    markUnjudged()
    if (outcome.end === 'withheld') endAtWord()
    const reading = options.resumed ? reported : meter.read()
    if (reading) turn.speed = reading
    else delete turn.speed
    view.setReading(reading, true)
    view.setState(outcome.end)
    if (outcome.end === 'stopped') setNote(isUnsent ? 'withdrawn' : stoppedHere ? 'stopped-here' : 'stopped')
    if (outcome.end === 'withheld') setNote(turn.answer === '' ? 'withheld-all' : 'withheld')
    if (state === 'budget') setNote('no-budget')
    else if (outcome.end === 'done' && turn.answer === '') setNote('nothing-said')
    return outcome
  }

  /** Not `shorten`: sentences that wait to be spoken are still part of the answer. */
  function endAtWord(): void {
    const whole = wholeWords(turn.answer, takenBack)
    if (whole === turn.answer) return
    turn.answer = whole.trim() === '' ? '' : whole
    view.shorten(turn.answer)
  }

  view.setState(continues ? 'flowing' : 'waiting')
  if (continues) options.kept()
  const ticking = setInterval(showProgress, PROGRESS_INTERVAL_MS)
  showProgress()

  function stop(): void {
    if (stoppedHere) return
    stoppedHere = true
    setTimeout(() => graceOver.resolve({ end: 'stopped' }), STOP_GRACE_MS)
    // `stop` retries by itself. If it never arrives, the answer ends at its own end, and this one is left all
    // the same.
    void stream
      .stop()
      .catch(() => {})
      .then(() => setTimeout(() => leaving.abort(), STOP_GRACE_MS))
  }

  return {
    ended: Promise.race([read(), graceOver.promise]).then(finish),
    stop,
    discard() {
      over = gone = true
      clearInterval(ticking)
      // `stop` before leaving: a question that the server has not answered yet can be stopped only once it is
      // named.
      stop()
    },
    leave() {
      over = gone = true
      clearInterval(ticking)
      leaving.abort()
    },
  }
}
