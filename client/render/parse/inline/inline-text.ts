/**
 * Growing inline text. Text whose meaning can't change any more is written to the sink once ("settled"). The
 * rest is written as a preview of how it most likely continues, again after each delta.
 */
import type { Sink } from '../sink.ts'
import { pairRuns, spanOf } from './emphasis.ts'
import { footnoteLabel, isLikelyFootnote, type Labels } from './labels.ts'
import { normalizeLabel, type Target } from './link.ts'
import { Scan, type Surroundings } from './scan.ts'
import type { Run, Span, Token } from './token.ts'

/**
 * Undecided text up to this length is scanned with each delta; longer text only after it grew by a quarter.
 */
const ALWAYS_SCANNED_CHARS = 1024
/** Deepest nesting of spans. Deeper ones would be invisible, and could crash a browser. */
const MAX_NESTING = 100
/** Settled text is forgotten when it is this long, because each scan reads all that is kept. */
const KEPT_CHARS = 4096
/** Settled text that decides what the text behind it means. */
const CONTEXT_CHARS = 256
/** An unclosed span longer than this is most likely not one. */
const SPAN_CHARS = 600

/** A scan whose first `runs` runs are paired. */
interface Paired {
  scan: Scan
  runs: number
  opener: Run | undefined
}

export class InlineText implements Surroundings {
  /** The text, without what is forgotten. */
  text: string
  /** Where the text begins, after definitions or a task's box. */
  #start = 0
  /** Where the last line begins; below 0 if that is forgotten. */
  line = 0
  /** Where the unsettled text begins. */
  settled = 0
  /** Labels that had no definition when the text was read, and so were taken for text. */
  readonly #missing = new Set<string>()
  /** Labels of footnotes that had no definition either, and were taken for references. */
  readonly #expected = new Set<string>()
  /** Whether this is a table's cell, where `<br>` is the only way to begin a line. */
  readonly inCell: boolean
  readonly #labels: Labels
  #forgotten = ''
  /** The undecided rest of the last scan. */
  #rest: Paired | undefined
  /** Length of `text` from which on it is scanned again. */
  #nextScan = 0
  /**
   * The text behind the last preview, if the end of that was too long to be scanned. It is kept apart because
   * taking it out of a long text that grows would copy all of that text.
   */
  #unseen: string | undefined

  constructor(labels: Labels, text = '', inCell = false) {
    this.#labels = labels
    this.text = text
    this.inCell = inCell
  }

  append(text: string): void {
    this.#forget()
    this.text += text
    if (this.#unseen !== undefined) this.#unseen += text
  }

  /** Begins the text behind what is settled: behind definitions or a task's box. */
  begin(): void {
    this.#start = this.settled
    this.#forgotten = ''
  }

  #forget(): void {
    const chars = this.settled - CONTEXT_CHARS
    if (chars < KEPT_CHARS) return
    this.#forgotten += this.text.slice(this.#start, chars)
    this.text = this.text.slice(chars)
    this.#start = Math.max(0, this.#start - chars)
    this.settled -= chars
    this.line -= chars
    this.#nextScan -= chars
  }

  find(label: string): Target | undefined {
    const name = normalizeLabel(label)
    const target = this.#labels.links.get(name)
    if (!target && name !== '') this.#missing.add(name)
    return target
  }

  footnote(label: string): string | undefined {
    const name = footnoteLabel(label)
    if (name === undefined || this.#labels.footnotes.has(name)) return name
    const likely = !this.#labels.complete && isLikelyFootnote(name)
    if (likely) this.#expected.add(name)
    else this.#missing.add(name)
    return likely ? name : undefined
  }

  /** Whether definitions that are still to come may change the text. */
  get isUnsure(): boolean {
    return this.#missing.size > 0 || this.#expected.size > 0
  }

  /** Whether the definitions known by now change the text. */
  get isOutdated(): boolean {
    const has = (name: string) => this.#labels.has(name)
    return [...this.#missing].some(has) || ![...this.#expected].every(has)
  }

  /** Writes the settled text. @param limit nothing from here on is settled */
  settle(sink: Sink, limit: number): void {
    this.#rest = undefined
    if (this.text.length < this.#nextScan) return
    const { text } = this
    const scan = new Scan(text, this.settled, false, this)
    // Brackets that are open may become a link, whose spans pair among themselves.
    const bracket = scan.brackets.find(({ active }) => active)
    const runs = bracket?.runs ?? scan.runs.length
    const opener = pairRuns(scan.runs.slice(0, runs))
    let stable = Math.min(scan.undecided, limit, bracket?.at ?? limit)
    for (let run = opener; run; run = run.below) stable = Math.min(stable, run.at)
    const before = this.settled
    this.settled = writeUpTo(stable, scan, sink)
    if (this.settled > before) this.#unseen = undefined
    this.#rest = { scan, runs, opener }

    const left = text.length - this.settled
    this.#nextScan = left > ALWAYS_SCANNED_CHARS ? text.length + left / 4 : 0
  }

  /** Writes the rest, up to `end`, as it most likely continues. */
  preview(sink: Sink, end: number): void {
    const { text, settled } = this
    const readTo = Math.min(end, settled + ALWAYS_SCANNED_CHARS)
    const rest = this.#rest
    // A preview changes the scan, so each scan is previewed once.
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
    this.#unseen = readTo < end ? text.slice(end) : undefined
  }

  /**
   * What a preview up to `end` has behind the last one; `undefined` if it differs from that in other ways. A
   * long preview is not written again for each delta.
   */
  moreOfPreview(end: number): string | undefined {
    const unseen = this.#unseen
    if (unseen === undefined) return undefined
    const chars = unseen.length - (this.text.length - end)
    if (chars < 0) return undefined
    this.#unseen = unseen.slice(chars)
    return unseen.slice(0, chars)
  }

  /** Writes the rest. The text is complete. */
  end(sink: Sink): void {
    const scan = new Scan(this.text, this.settled, true, this)
    pairRuns(scan.runs)
    const writer = new Writer(sink)
    for (const token of scan.tokens) writer.write(token)
  }

  /** Writes the whole text anew, when more definitions are known. */
  rewrite(sink: Sink): void {
    const whole = this.#forgotten + this.text.slice(this.#start)
    new InlineText(this.#labels, whole, this.inCell).end(sink)
  }
}

/**
 * Writes the tokens before `stable` that leave no span open, and removes them from the scan.
 *
 * @returns where the rest begins
 */
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
  if (length > 3) return []
  const double = length > 1 ? [spanOf(char, true)] : []
  return length === 2 ? double : [spanOf(char, false), ...double]
}

/** Writes tokens, beginning outside of all spans. */
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
      if (this.#depth-- <= MAX_NESTING) this.#sink.close()
    }
  }

  #open({ kind, attributes = [], content }: Span): void {
    if (content === undefined && ++this.#depth > MAX_NESTING) return
    this.#sink.open(kind)
    for (const [name, value] of attributes) this.#sink.attribute(name, value)
    if (content === undefined) return
    if (content !== '') this.#sink.text(content)
    this.#sink.close()
  }
}
