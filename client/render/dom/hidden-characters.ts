/**
 * Characters of code that are not seen, but change what it does or in which order it is read. They are shown
 * as signs, which are not a part of the text: code is copied without them, by the button and by hand.
 */
import { codePointName } from '../../../worker/protocol/code-point.ts'

/**
 * Controls but tab and line feed, signs of direction, zero-width spaces and joiners, fillers, variation
 * selectors, tags, line separators. [spec] UAX #44, `Default_Ignorable_Code_Point`
 */
const HIDDEN = /(?![\t\n])\p{Cc}|[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\ufff9-\ufffb]/gu

/** [spec] Scripts whose letters take another form beside a joiner. */
const JOINED = [
  ...['Arab', 'Syrc', 'Mand', 'Mong', 'Nkoo', 'Adlm', 'Rohg'],
  ...['Beng', 'Deva', 'Gujr', 'Guru', 'Knda', 'Mlym', 'Orya', 'Sinh', 'Taml', 'Telu'],
  ...['Khmr', 'Laoo', 'Mymr', 'Tibt', 'Thai'],
]
  .map((script) => `\\p{scx=${script}}`)
  .join('')

/** Where such a character belongs to what is seen: in words of these scripts, and in emoji. */
const SEEN = new RegExp(
  [
    `(?<=[${JOINED}])[\u200c\u200d](?=[${JOINED}])`,
    '(?<=[\\p{Emoji_Presentation}\\p{Extended_Pictographic}\\p{EMod}\ufe0f])\u200d(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Extended_Pictographic})[\ufe0e\ufe0f]',
    '(?<=[\\d#*])\ufe0f(?=\u20e3)',
  ].join('|'),
  'uy',
)

/** The end of a text that can be judged only with the character after it. */
const UNDECIDED = /(?:\u200c|\u200d|\ufe0f)?[\ud800-\udbff]?$/

/** Text that is shown as it is, or the code point of a hidden character. */
export type Run = string | number

export interface Runs {
  /** The next text, without its end if that is not decided. */
  push(text: string): Run[]
  /** The rest. */
  end(): Run[]
}

/**
 * @example
 *   const runs = separateHidden()
 *   runs.push('a\u202eb') // ['a', 0x202e, 'b']
 */
export function separateHidden(): Runs {
  /** The end of the text so far: a character is judged with the one before it. */
  let before = ''
  let held = ''

  function read(text: string): Run[] {
    const all = before + text
    const runs: Run[] = []
    let from = before.length
    HIDDEN.lastIndex = from
    for (let found = HIDDEN.exec(all); found; found = HIDDEN.exec(all)) {
      SEEN.lastIndex = found.index
      if (SEEN.test(all)) continue
      if (found.index > from) runs.push(all.slice(from, found.index))
      runs.push(found[0].codePointAt(0) ?? 0)
      from = HIDDEN.lastIndex
    }
    if (from < all.length) runs.push(all.slice(from))
    before = all.slice(-2)
    return runs
  }

  return {
    push(text) {
      const all = held + text
      held = UNDECIDED.exec(all.slice(-2))?.[0] ?? ''
      return read(all.slice(0, all.length - held.length))
    },
    end() {
      const rest = held
      held = ''
      return read(rest)
    },
  }
}

/** @param label says what the sign stands for */
export function createSign(codePoint: number, label: string): HTMLElement {
  const sign = document.createElement('span')
  sign.className = 'hidden-character'
  sign.role = 'img'
  sign.ariaLabel = sign.title = `${label} ${codePointName(codePoint)}`
  // Shown by the style sheet: an attribute is not copied with the text.
  sign.dataset.sign = codePointName(codePoint)
  return sign
}
