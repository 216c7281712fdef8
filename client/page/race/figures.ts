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
 * How much sooner the first words of a stream are there than an answer that comes as a whole.
 *
 * @example firstWordsSooner(930, 31_490) // 'First words 34× sooner'
 */
export function firstWordsSooner(streamedMs: number, wholeMs: number): string {
  const ratio = wholeMs / Math.max(1, streamedMs)
  if (ratio >= LEAST_RATIO) return `First words ${times(ratio)} sooner`
  if (ratio <= 1 / LEAST_RATIO) return `First words ${times(1 / ratio)} later`
  return 'First words at the same time'
}

/** A smaller difference is no result. */
const LEAST_RATIO = 1.05

function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : thousands(Math.round(ratio))}×`
}

/** How far a race has come. Times count from its start. */
export interface Progress {
  nowMs: number
  /** When the stream's first words came; `null` before. */
  firstWordsMs: number | null
  /** When the other answer came as a whole; `null` before. */
  wholeMs: number | null
}

/** @returns headline and details of a race that is not over */
export function runningVerdict({ nowMs, firstWordsMs, wholeMs }: Progress): [string, string] {
  if (firstWordsMs === null) {
    return wholeMs === null
      ? ['Both are asked', 'No words so far.']
      : ['The whole answer came first', 'The stream has no words yet.']
  }
  if (wholeMs !== null) return [firstWordsSooner(firstWordsMs, wholeMs), 'The stream goes on to its end.']
  const isAhead = nowMs >= firstWordsMs * LEAST_RATIO
  return [
    isAhead ? firstWordsSooner(firstWordsMs, nowMs) : 'The first words are there',
    'So far: the other answer has not come.',
  ]
}

/** The result in the fewest words. */
export function headline({ streamed, unstreamed }: RaceRecord): string {
  if (streamed.firstWordsMs === null) return 'The streamed answer had no words'
  return firstWordsSooner(streamed.firstWordsMs, unstreamed.totalMs)
}

/** @example totals(record) // 'All of it: 36.4 s streamed, 31.5 s unstreamed.' */
export function totals({ streamed, unstreamed }: RaceRecord): string {
  return `All of it: ${seconds(streamed.totalMs)} streamed, ${seconds(unstreamed.totalMs)} unstreamed.`
}

/**
 * The result for screen readers and pictures.
 *
 * @example
 *   resultSentence(record)
 *   // 'First words 34× sooner: after 0.93 s streamed, 31.5 s unstreamed. All of it: 36.4 s streamed, 31.5 s unstreamed.'
 */
export function resultSentence(record: RaceRecord): string {
  const { streamed, unstreamed } = record
  const first = streamed.firstWordsMs
  const times =
    first === null ? '' : `: after ${seconds(first)} streamed, ${seconds(unstreamed.totalMs)} unstreamed`
  return `${headline(record)}${times}. ${totals(record)}${speedNote(record)}`
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
