/** TeX → MathML, by Temml. It creates elements one by one, and no text of a formula is read as markup. */
import temml from 'temml'
import { showLetters } from './letters.ts'

const MATHML = 'http://www.w3.org/1998/Math/MathML'

/** What Temml gives to elements of formulas. Everything else is removed: ids, addresses. */
const ATTRIBUTES =
  /^(?:accent|class|columnalign|depth|display|displaystyle|encoding|fence|form|height|largeop|linebreak|linethickness|lspace|mathbackground|mathcolor|mathsize|mathvariant|maxsize|minsize|movablelimits|notation|rowspacing|rspace|scriptlevel|separator|stretchy|style|symmetric|voffset|width)$/

/** Deeper ones are not readable, and a browser takes long to lay them out. */
const MAX_DEPTH = 60

/** A formula of 4,000 characters has fewer, unless it is made to have many. */
const MAX_ELEMENTS = 10_000

/** Expansions of macros. Temml's own limit is twice as high. */
const MAX_EXPANSIONS = 500

/** Widths and heights that TeX names: in `em`, and in points. */
const MAX_SIZE: [number, number] = [50, 600]

/** @returns `undefined` if it can't be shown: its source is shown then */
export function toMath(tex: string, display: boolean): Element | undefined {
  try {
    // Not `render`, which refuses pages without a doctype. A new object each time: Temml keeps macros in it.
    const math: Element = temml
      .__renderToMathMLTree(tex, {
        displayMode: display,
        annotate: true,
        throwOnError: true,
        trust: false,
        maxExpand: MAX_EXPANSIONS,
        maxSize: MAX_SIZE,
      })
      .toNode()
    const isWhole = math.localName === 'math' && tidy(math) && isShallow(math, MAX_DEPTH)
    if (!isWhole) return undefined
    // It only says how the whole is placed, which the style sheet does.
    math.removeAttribute('style')
    showLetters(math)
    return math
  } catch {
    // A mistake in the TeX, or what Temml doesn't know or trust.
    return undefined
  }
}

/** Keeps MathML alone. @returns whether there are few enough elements */
function tidy(math: Element): boolean {
  const elements = [math, ...math.querySelectorAll('*')]
  if (elements.length > MAX_ELEMENTS) return false
  for (const element of elements) {
    if (element.namespaceURI !== MATHML) element.replaceWith(element.textContent ?? '')
    for (const { name } of [...element.attributes]) if (!ATTRIBUTES.test(name)) element.removeAttribute(name)
  }
  return true
}

function isShallow(element: Element, most: number): boolean {
  return most > 0 && Array.from(element.children).every((child) => isShallow(child, most - 1))
}
