/**
 * What is spoken of a formula when an answer is read out: its signs in their order, with words for what their
 * places mean. A reader who goes to the formula hears it from the MathML, by the screen reader's own rules.
 */
import type { FormulaWords } from './create-formula.ts'

/** Function application, and the invisible times, comma and plus. */
const INVISIBLE = /[\u2061-\u2064\u200b]/g
/** Primes and the like stand above, and are no exponents. */
const PRIMES = /^[′″‴⁗'*†‡∘°]+$/

/**
 * @example
 *   spokenFormula(math, words) // of \sqrt{x^2}: 'root of x to the power of 2'
 */
export function spokenFormula(math: Element, words: FormulaWords): string {
  const { comma } = words

  function say(element: Element | undefined): string {
    if (!element) return ''
    const { localName: name } = element
    const children = Array.from(element.children)
    const [base, second, third] = children
    if (name === 'annotation' || name === 'mphantom') return ''
    if (name === 'semantics') return say(base)
    if (name === 'mfrac') return fraction(say(base), say(second))
    if (name === 'msqrt') return words.spokenRoot.replace('{content}', () => row(children))
    if (name === 'mroot') {
      return `${say(second)} ${words.spokenRoot.replace('{content}', () => say(base))}`
    }
    if (name === 'msup') return power(say(base), say(second))
    if (name === 'msub') return index(say(base), say(second))
    if (name === 'munderover' || (name === 'msubsup' && base && isOperator(base))) {
      return range(say(base), say(second), say(third))
    }
    if (name === 'msubsup') return power(index(say(base), say(second)), say(third))
    if (name === 'mtable') return children.map(say).filter(Boolean).join('; ')
    if (name === 'mtr') return children.map(say).filter(Boolean).join(comma)
    if (children.length > 0) return row(children)
    return (element.textContent ?? '').replace(INVISIBLE, ' ').trim()
  }

  const row = (elements: Element[]) => elements.map(say).filter(Boolean).join(' ')

  /** A pause on both sides says where a long one begins and ends. */
  function fraction(top: string, bottom: string): string {
    const said = words.spokenFraction.replace('{top}', () => top).replace('{bottom}', () => bottom)
    return /\s/.test(top + bottom) ? `${comma.trim()} ${said}${comma.trim()}` : said
  }

  function power(base: string, exponent: string): string {
    if (exponent === '' || PRIMES.test(exponent)) return base + exponent
    return words.spokenPower.replace('{base}', () => base).replace('{exponent}', () => exponent)
  }

  function index(base: string, sub: string): string {
    if (base === '' || sub === '') return [base, sub].filter(Boolean).join(' ')
    return words.spokenIndex.replace('{base}', () => base).replace('{index}', () => sub)
  }

  function range(base: string, from: string, to: string): string {
    return words.spokenRange
      .replace('{base}', () => base)
      .replace('{from}', () => from)
      .replace('{to}', () => to)
  }

  return say(math)
    .replace(/\s+/g, ' ')
    .replace(/ (?=[,،、;]|\.(?:\s|$))/g, '')
    .replace(/^[,،、]\s*|[,،、]$/g, '')
    .trim()
}

/** Whether limits stand at it: a sum, an integral. */
const isOperator = (element: Element) => /^[∏∐∑∫-∳⋀-⋃⨀-⨜]$/.test((element.textContent ?? '').trim())
