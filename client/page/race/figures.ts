/** Turns a race's record into the rows of its table and the sentences about it. */
import { seconds, thousands } from './numbers.ts'
import { type Finish, type RaceRecord, type TokenCount, tokensOf, type Way } from './record.ts'

/** A row of the table. A figure that is not known is an empty text. */
export interface Figure {
  name: string
  values: Record<Way, string>
  /** Shown in small print under each value. */
  notes?: Record<Way, string>
}

function sourceWords(source: TokenCount['source'] | undefined, demo: boolean): string {
  if (source === 'upstream') return demo ? 'as the demo says' : 'as the model’s service says'
  return source === 'estimated' ? 'estimated by the Worker' : 'counted on this page'
}

/**
 * The rows of the founding example's table in its order, with the page's own count beside the reported one.
 */
export function figures(record: RaceRecord): Figure[] {
  const both = (format: (finish: Finish) => string): Record<Way, string> => ({
    unstreamed: format(record.unstreamed),
    streamed: format(record.streamed),
  })
  return [
    { name: 'Total time', values: both(({ totalMs }) => seconds(totalMs)) },
    {
      name: 'Tokens',
      values: both((finish) => maybe(tokensOf(finish)?.tokens ?? null, thousands)),
      notes: both((finish) => sourceWords(tokensOf(finish)?.source, record.demoSpeed !== null)),
    },
    { name: 'Tokens of the text, counted here', values: both(({ counted }) => maybe(counted, thousands)) },
    { name: 'Time per token', values: both((finish) => maybe(perTokenMs(finish), perToken)) },
    { name: 'Time until the first words', values: both(({ firstWordsMs }) => maybe(firstWordsMs, seconds)) },
  ]
}

/** Total time divided by all tokens, as in the founding example. */
function perTokenMs(finish: Finish): number | null {
  const tokens = tokensOf(finish)?.tokens ?? 0
  return tokens > 0 ? finish.totalMs / tokens : null
}

/**
 * @example
 *   resultSentence(record)
 *   // 'Streamed, the first words came after 0.93 s; unstreamed, after 31.5 s: 34 times the wait.'
 */
export function resultSentence(record: RaceRecord): string {
  const { streamed, unstreamed } = record
  const first = streamed.firstWordsMs
  if (first === null) return `The streamed answer had no words.${speedNote(record)}`
  const ratio = unstreamed.totalMs / Math.max(1, first)
  const times = ratio >= 1.05 ? `: ${ratio.toFixed(ratio < 10 ? 1 : 0)} times the wait` : ''
  return `Streamed, the first words came after ${seconds(first)}; unstreamed, after ${seconds(unstreamed.totalMs)}${times}.${speedNote(record)}`
}

/** Describes the plot in a sentence, as its accessible name. */
export function plotSentence(record: RaceRecord): string {
  const { samples, streamed, unstreamed } = record
  const start =
    streamed.firstWordsMs === null
      ? ''
      : ` It starts with the first words at ${seconds(streamed.firstWordsMs)}.`
  return (
    `Plot of the cumulative time over the messages of the streamed answer: ${thousands(samples.length)} messages, ` +
    `the last after ${seconds(streamed.totalMs)}.${start} The unstreamed answer came as a whole ` +
    `at ${seconds(unstreamed.totalMs)}.${speedNote(record)}`
  )
}

/** The Worker's own measurement, which shows the network's part. Empty if the Worker reported none. */
export function workerLine({ atWorker }: RaceRecord): string {
  if (atWorker === null) return ''
  const { first_token_ms: first, total_ms: total, tokens_per_second: rate } = atWorker
  const parts = [first === null ? '' : `first token after ${seconds(first)}`, `${seconds(total)} in all`]
  if (rate !== null) parts.push(`${rate.toFixed(1)} tokens per second`)
  return `The streamed answer as the Worker measured it: ${parts.filter(Boolean).join(', ')}.`
}

/** `at 10× speed`, or an empty text at the measured speed. */
export function speedWords({ demoSpeed }: Pick<RaceRecord, 'demoSpeed'>): string {
  return demoSpeed !== null && demoSpeed > 1 ? `at ${demoSpeed}× speed` : ''
}

function speedNote(record: RaceRecord): string {
  const words = speedWords(record)
  return words && ` All ${words}.`
}

function perToken(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`
}

function maybe<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? '' : format(value)
}
