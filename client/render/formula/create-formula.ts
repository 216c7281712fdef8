/** Creates formulas, which show their source until the part that can show them is loaded. */
import { create } from '../dom/elements.ts'

/** What is spoken of a formula's parts, in the reader's language. */
export interface FormulaWords {
  /** Stands between parts, as a pause. */
  comma: string
  /** Has `{top}` and `{bottom}`. */
  spokenFraction: string
  /** Has `{base}` and `{exponent}`. */
  spokenPower: string
  /** Has `{base}` and `{index}`. */
  spokenIndex: string
  /** Has `{content}`. */
  spokenRoot: string
  /** Has `{base}`, `{from}` and `{to}`: of a sum, an integral. */
  spokenRange: string
}

interface FormulaPart {
  /** Removes `data-loading` once the formula is shown, or stays as it is. */
  showFormula(element: HTMLElement, source: string, words: FormulaWords): void
}

/** What is spoken of an answer waits no longer for a formula (`data-loading`). */
const MAX_LOADING_MS = 5_000

/**
 * @param load loads `show-formula.ts`, when there is a first formula. Without it formulas stay their source
 * @returns a value of `createFormula` in the renderer's options
 * @example
 *   const createFormula = createFormulas(words, () => import('./formula/show-formula.ts'))
 *   createRenderer(element, { labels, createFormula })
 */
export function createFormulas(
  words: FormulaWords,
  load: () => Promise<FormulaPart>,
): (source: string) => HTMLElement {
  let loading: Promise<FormulaPart> | undefined
  let loaded: FormulaPart | undefined
  return (source) => {
    const element = create('span')
    element.className = 'formula'
    element.textContent = source
    element.dataset.loading = ''
    const show = (part: FormulaPart) => {
      loaded = part
      part.showFormula(element, source, words)
    }
    const stay = () => {
      delete element.dataset.loading
    }
    loading ??= load()
    if (loaded) show(loaded)
    else {
      loading.then(show, stay)
      setTimeout(stay, MAX_LOADING_MS)
    }
    return element
  }
}
