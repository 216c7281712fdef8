/**
 * Inline text that grows: what is beyond doubt goes to the sink once and for all, the rest is shown as it most likely
 * goes on, and shown anew when more comes.
 */
import type { Sink } from '../sink.ts'
import { pairRuns, spanOf } from './emphasis.ts'
import { normalizeLabel, type Target } from './link.ts'
import { type References, Scan } from './scan.ts'
import type { Run, Span, Token } from './token.ts'

/** An undecided text of up to this length is read anew with each delta, a longer one when it has grown by a quarter. */
const OFTEN_CHARS = 1024
/** Deeper than this no span is nested: it would look like none, and a browser may not survive it. */
const MOST_NESTED = 100
/** A span that has gone on for longer without an end is most likely none. */
const SPAN_CHARS = 600

/** What links refer to, by normalized label. */
export type Definitions = ReadonlyMap<string, Target>

/** A scan of which the first runs are paired. */
interface Paired {
  scan: Scan
  runs: number
  opener: Run | undefined
}

export class InlineText implements References {
  text: string
  /** Where it begins, after what is no text. */
  start = 0
  /** Up to here it is settled. */
  settled = 0
  /** Labels that had no definition when they were read. */
  readonly missing = new Set<string>()
  readonly #definitions: Definitions
  /** What the last scan left undecided. */
  #rest: Paired | undefined
  /** How long the text has to be for the next one. */
  #nextScan = 0

  constructor(definitions: Definitions, text = '') {
    this.#definitions = definitions
    this.text = text
  }

  find(label: string): Target | undefined {
    const name = normalizeLabel(label)
    const target = this.#definitions.get(name)
    if (!target && name !== '') this.missing.add(name)
    return target
  }

  /** Writes what is beyond doubt. @param limit from here on nothing is */
  settle(sink: Sink, limit: number): void {
    const { text } = this
    this.#rest = undefined
    if (text.length < this.#nextScan) return
    const scan = new Scan(text, this.settled, false, this)
    // What is in open brackets may become a link, whose text pairs by itself.
    const bracket = scan.brackets.find(({ active }) => active)
    const runs = bracket?.runs ?? scan.runs.length
    const opener = pairRuns(scan.runs.slice(0, runs))
    let stable = Math.min(scan.undecided, limit, bracket?.at ?? limit)
    for (let run = opener; run; run = run.below) stable = Math.min(stable, run.at)
    this.settled = writeUpTo(stable, scan, sink)
    this.#rest = { scan, runs, opener }

    const left = text.length - this.settled
    this.#nextScan = left > OFTEN_CHARS ? text.length + left / 4 : 0
  }

  /** Writes the rest up to `end` as it most likely goes on. */
  preview(sink: Sink, end: number): void {
    const { text, settled } = this
    const readTo = Math.min(end, settled + OFTEN_CHARS)
    const rest = this.#rest
    // A scan is changed when it is shown, so it is good for one time.
    this.#rest = undefined
    const same = readTo === text.length && rest?.scan.text === text
    const { scan, runs, opener } = same
      ? rest
      : {
          scan: new Scan(text.slice(0, readTo), settled, false, this),
          runs: 0,
          opener: undefined,
        }
    for (const bracket of scan.brackets) {
      if (bracket.active && (bracket.image || /^\s?$/.test(text.charAt(bracket.at - 1)))) bracket.text = ''
    }
    const shown = scan.tokens.findLast((token) => token.text !== '' || token.opens.length > 0)?.at ?? 0
    let open = 0
    for (let run = pairRuns(scan.runs.slice(runs), opener); run; run = run.below) {
      if (readTo - run.at > SPAN_CHARS) continue
      const spans = run.at < shown ? likelySpans(run) : []
      if (spans.length > 0) run.text = ''
      run.opens.unshift(...spans)
      open += spans.length
    }
    const writer = new Writer(sink)
    for (const token of scan.tokens) writer.write(token)
    writer.close(open)
    if (readTo < end) sink.text(text.slice(readTo, end))
  }

  /** Writes the rest, after which nothing comes. */
  end(sink: Sink): void {
    const scan = new Scan(this.text, this.settled, true, this)
    pairRuns(scan.runs)
    const writer = new Writer(sink)
    for (const token of scan.tokens) writer.write(token)
  }
}

/** Writes the tokens up to `stable`, as far as no span is cut, and takes them from the scan. @returns where the rest begins */
function writeUpTo(stable: number, { tokens, text }: Scan, sink: Sink): number {
  let whole = 0
  let depth = 0
  for (const [index, { closes, opens }] of tokens.entries()) {
    const end = tokens[index + 1]?.at ?? text.length
    if (end > stable) break
    depth += opens.filter(({ content }) => content === undefined).length - closes
    if (depth === 0) whole = index + 1
  }
  const writer = new Writer(sink)
  for (const token of tokens.splice(0, whole)) writer.write(token)
  const [first] = tokens
  if (!first) return text.length
  if (first.plain && first.at < stable) {
    sink.text(first.text.slice(0, stable - first.at))
    first.text = first.text.slice(stable - first.at)
    first.at = stable
  }
  return first.at
}

function likelySpans({ char, text }: Run): Span[] {
  const { length } = text
  if (length > 3 || text === '~') return []
  const double = length > 1 ? [spanOf(char, true)] : []
  return length === 2 ? double : [spanOf(char, false), ...double]
}

/** Writes tokens from outside of all spans on. */
class Writer {
  readonly #sink: Sink
  #depth = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  write({ closes, text, opens }: Token): void {
    this.close(closes)
    if (text !== '') this.#sink.text(text)
    for (const span of opens) this.#open(span)
  }

  close(spans: number): void {
    for (let left = spans; left > 0; left--) {
      if (this.#depth-- <= MOST_NESTED) this.#sink.close()
    }
  }

  #open({ kind, attributes = [], content }: Span): void {
    if (content === undefined && ++this.#depth > MOST_NESTED) return
    this.#sink.open(kind)
    for (const [name, value] of attributes) this.#sink.attribute(name, value)
    if (content === undefined) return
    if (content !== '') this.#sink.text(content)
    this.#sink.close()
  }
}
