/**
 * The letters of formulas. Browsers write a variable `x` as the character 𝑥, and Temml writes `\mathbf{x}`
 * as 𝐱. Without a font that has them, formulas would be blank: they then get plain letters in italics or
 * bold.
 */

/** Mathematical letters, and the older ones among the letter-like symbols. */
const MATH_LETTER = /[\u2102-\u2131\u2133-\u2138\u{1d400}-\u{1d7ff}]/u
const ITALIC = /[\u{1d434}-\u{1d467}\u{1d6e2}-\u{1d71b}]/u

/** The font is that of formula.css. */
const FONT = '20px "Cambria Math", "STIX Two Math", "Noto Sans Math", math'
const SIZE = 40
/** No font has it. */
const UNASSIGNED = '\u{1fffe}'

let isThere: boolean | undefined

/** Replaces the letters that would not be seen. */
export function showLetters(math: Element): void {
  isThere ??= hasMathLetters()
  if (isThere) return
  math.classList.add('plain')
  for (const element of math.querySelectorAll('mi, mn, mo, mtext')) {
    const text = element.textContent ?? ''
    const isMath = MATH_LETTER.test(text)
    const plain = isMath ? text.normalize('NFKC') : text
    if (plain !== text) element.textContent = plain
    const isVariable = element.localName === 'mi' && [...plain].length === 1 && !isMath
    if (ITALIC.test(text) || (isVariable && element.getAttribute('mathvariant') !== 'normal'))
      element.classList.add('letter')
    else if (plain !== text) element.classList.add('bold')
  }
}

/** Whether a letter is drawn otherwise than a character that no font has. */
function hasMathLetters(): boolean {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return true
  const draw = (text: string) => {
    context.clearRect(0, 0, SIZE, SIZE)
    context.font = FONT
    context.fillText(text, 4, SIZE / 2)
    return context.getImageData(0, 0, SIZE, SIZE).data.join()
  }
  return draw('\u{1d465}') !== draw(UNASSIGNED)
}
