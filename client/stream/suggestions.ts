/**
 * Takes the block of suggestions off the end of an answer, as it comes:
 * `<suggestions>["…", "…"]</suggestions>` (docs/decisions/0022). No piece of the block is ever part of a
 * chunk's text.
 *
 * Text that may be the block's beginning is held until it is certain: a few characters for the tag, and then
 * the block itself, which has a bound. Text that turns out to be something else is part of the answer.
 */
import type { Choice } from '../../worker/formats/chat-completions/wire.ts'
import type { Addendum } from '../../worker/protocol/wire.ts'
import { firstChoice } from './first-choice.ts'
import type { AnswerChunk, Meaning, StreamFormat } from './stream-format.ts'
import { retracts, withdraw } from './withdraw.ts'

/** As many as are asked for. */
const MAX_SUGGESTIONS = 3
/** Longer ones are no questions to press. The model is asked for 80. */
const MAX_CHARS = 200
/** More than three of the longest have, with their escapes. */
const MAX_BLOCK_CHARS = 2_000

const TAG = '<suggestions>'
const WHOLE = /^<suggestions>\s*(\[.*\])\s*<\/suggestions>\s*$/s

/**
 * [spec] RFC 8259: the beginning of a list of strings, and then of the closing tag. No text can be read in
 * two ways, or the time would double with each string.
 */
const LIST =
  /^\s{0,8}(?:\[\s{0,8}(?:"(?:[^"\\]|\\.)*"\s{0,8},\s{0,8})*(?:"(?:[^"\\]|\\.)*\\?|(?:"(?:[^"\\]|\\.)*"\s{0,8})?(?:\]\s{0,8}(?:<[/a-z]*|<\/suggestions>\s*)?)?))?$/s

/** Space before a tag goes with it. */
const SPACE_AT_END = /\s{0,64}$/

/** The format with answers whose chunks have the suggestions in `suggestions`, on the last one with text. */
export function withSuggestions(format: StreamFormat): StreamFormat {
  return {
    ...format,
    createReader() {
      const read = format.createReader()
      const take = createTaker()
      return (event) => {
        const meaning = read(event)
        return 'chunk' in meaning && meaning.chunk
          ? ({ ...meaning, chunk: take(meaning.chunk) } as Meaning)
          : meaning
      }
    },
  }
}

/** @returns what takes the block out of the chunks of one answer, in their order */
function createTaker(): (chunk: AnswerChunk) => AnswerChunk {
  /** How much text was let through, and the text behind it that waits. */
  let shown = 0
  let held = ''

  function letThrough(chars: number): string {
    const text = held.slice(0, chars)
    held = held.slice(chars)
    shown += text.length
    return text
  }

  return function take(chunk) {
    const { content, finishReason } = firstChoice(chunk)
    held += content
    const millrace = retracts(chunk) ? { millrace: takenBack(chunk) } : {}
    const isEnd = finishReason !== null || chunk.millrace?.state !== undefined
    const suggestions = isEnd ? read(held) : undefined
    const isBlock = isEnd && (suggestions !== undefined || isCutBlock(held))
    if (isBlock) held = ''
    const text = letThrough(isEnd ? held.length : certain(held))
    if (text === content && !isBlock && !('millrace' in millrace)) return chunk
    // An answer whose bound was reached in the block is whole.
    const end = isBlock && finishReason === 'length' ? 'stop' : finishReason
    return {
      ...chunk,
      choices: withText(chunk.choices, text, end),
      ...millrace,
      ...(suggestions && { suggestions }),
    }
  }

  /** Moderation takes back what the reader hasn't seen, first. */
  function takenBack(chunk: AnswerChunk): Addendum {
    const all = shown + held.length
    const left = withdraw(' '.repeat(all), chunk).length
    held = held.slice(0, Math.max(0, left - shown))
    const back = Math.max(0, shown - left)
    shown -= back
    return { ...chunk.millrace, retract: { ...chunk.millrace?.retract, 0: back } }
  }
}

/** How many of these characters are certainly no part of the block. */
function certain(text: string): number {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    if (mayBeBlock(text.slice(at))) return withoutSpace(text.slice(0, at))
  }
  return withoutSpace(text)
}

const withoutSpace = (text: string) => text.search(SPACE_AT_END)

/** Whether a text can go on to be the block. */
function mayBeBlock(text: string): boolean {
  if (text.length <= TAG.length) return TAG.startsWith(text)
  return text.startsWith(TAG) && text.length <= MAX_BLOCK_CHARS && LIST.test(text.slice(TAG.length))
}

/** Whether the answer ended inside of the block. */
function isCutBlock(held: string): boolean {
  const text = held.trimStart()
  return text.startsWith(TAG) && mayBeBlock(text)
}

/** @returns `undefined` if it is not the block */
function read(held: string): string[] | undefined {
  const list = WHOLE.exec(held.trimStart())?.[1]
  if (list === undefined) return undefined
  try {
    const texts: unknown[] = JSON.parse(list)
    if (!texts.every((text) => typeof text === 'string')) return undefined
    const fitting = texts.map((text) => text.trim()).filter((text) => text !== '' && text.length <= MAX_CHARS)
    return [...new Set(fitting)].slice(0, MAX_SUGGESTIONS)
  } catch {
    return undefined
  }
}

function withText(choices: Choice[], content: string, finish_reason: string | null): Choice[] {
  const at = choices.findIndex(({ index = 0 }: { index?: number }) => index === 0)
  if (at < 0)
    return content === '' ? choices : [{ index: 0, delta: { content }, finish_reason: null }, ...choices]
  return choices.map((choice, index) =>
    index === at ? { ...choice, delta: { ...choice.delta, content }, finish_reason } : choice,
  )
}
