/** Asks one question and shows its answer, until it has ended one way or the other. */
import type { ChatChunk, ChatMessage } from '../../worker/wire.ts'
import { createMeter } from '../stream/meter.ts'
import { openChat } from '../stream/open-chat.ts'
import { accessHeaders } from './access-key.ts'
import type { Turn } from './conversation.ts'
import { speedLine, waitingLine } from './speed-line.ts'
import type { TurnView } from './turn-view.ts'

const ENDPOINT = '/v1/chat/completions'
const SPEED_INTERVAL_MS = 100

/** How an answer can end early, by the model's own choice. */
const FINISH_NOTES: Record<string, string> = {
  length: 'The answer reached the longest length that is allowed here.',
  content_filter: 'The model’s service held back the rest of this answer.',
}

export type Outcome = { end: 'done' } | { end: 'stopped' } | { end: 'failed'; error: unknown }

export interface Question {
  messages: ChatMessage[]
  model: string | undefined
  signal: AbortSignal
  /** Called at the first delta. */
  begun(): void
}

/** What had arrived on an earlier try stays on the page until this one has something better. */
export async function answer(turn: Turn, view: TurnView, question: Question): Promise<Outcome> {
  const { messages, model, signal } = question
  const started = performance.now()
  const meter = createMeter(() => performance.now())
  let begun = false

  const showSpeed = () => {
    const reading = meter.read()
    const waiting = reading.firstTokenMs === null
    view.setSpeed(waiting ? waitingLine(performance.now() - started) : speedLine(reading, false))
  }

  function show(chunk: ChatChunk): void {
    meter.see(chunk)
    // One answer was asked for, whatever a server sends beside it.
    const choice = chunk.choices.find(({ index }) => index === 0)
    const text = (choice?.delta?.content ?? '') + (choice?.delta?.refusal ?? '')
    if (text !== '') {
      if (!begun) {
        begun = true
        turn.answer = ''
        view.clear()
        view.setState('flowing')
        question.begun()
      }
      turn.answer += text
      view.append(text)
    }
    const note = FINISH_NOTES[choice?.finish_reason ?? '']
    if (note) view.setNote(note)
  }

  view.setState('waiting')
  showSpeed()
  const ticking = setInterval(showSpeed, SPEED_INTERVAL_MS)
  try {
    const request = { messages, ...(model && { model }), stream_options: { include_usage: true } }
    for await (const chunk of openChat(ENDPOINT, request, { signal, headers: accessHeaders() })) show(chunk)
    view.setState('done')
    if (!begun) view.setNote('The model had nothing to say.')
    return { end: 'done' }
  } catch (error) {
    view.setState(signal.aborted ? 'stopped' : 'failed')
    if (!signal.aborted) return { end: 'failed', error }
    view.setNote('You stopped this answer.')
    return { end: 'stopped' }
  } finally {
    clearInterval(ticking)
    view.setSpeed(speedLine(meter.read(), true))
  }
}
