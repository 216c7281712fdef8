/** Shows formulas as MathML. Loaded with the first of them, as most answers have none. */
import { create } from '../dom/elements.ts'
import { copyFormulasAsSource } from './copied-formulas.ts'
import type { FormulaWords } from './create-formula.ts'
import { isBounded, readFormula } from './formula-source.ts'
import { spokenFormula } from './spoken-formula.ts'
import { toMath } from './to-math.ts'

/** Longest time that formulas take of a task, but for the last of them. */
const SLICE_MS = 8

const waiting: (() => void)[] = []
/** How long this task has taken for formulas; `undefined` before the first. */
let taken: number | undefined

/**
 * Puts MathML in place of the source, now or soon. What is no formula, or one that can't be shown, stays as
 * it is written.
 *
 * @param element shows the source
 */
export function showFormula(element: HTMLElement, source: string, words: FormulaWords): void {
  waiting.push(() => show(element, source, words))
  work()
}

function work(): void {
  // The rest of a long conversation is shown in later tasks.
  if (taken === undefined) {
    taken = 0
    setTimeout(() => {
      taken = undefined
      if (waiting.length > 0) work()
    })
  }
  while (waiting.length > 0 && taken < SLICE_MS) {
    const began = performance.now()
    waiting.shift()?.()
    taken += performance.now() - began
  }
}

function show(element: HTMLElement, source: string, words: FormulaWords): void {
  delete element.dataset.loading
  const formula = readFormula(source)
  const math = formula && isBounded(formula.tex) ? toMath(formula.tex, formula.display) : undefined
  if (!formula || !math) return
  const written = create('span')
  written.className = 'source'
  written.textContent = formula.whole
  if (formula.display) element.classList.add('display')
  element.dataset.spoken = spokenFormula(math, words) + formula.rest
  element.replaceChildren(math, written, ...(formula.rest === '' ? [] : [formula.rest]))
  scrolled.observe(element)
  copyFormulasAsSource()
}

/** What is wider than its place is scrolled by keyboard, too. */
const scrolled = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const isWide = target.scrollWidth > target.clientWidth + 1
    if (isWide) target.setAttribute('tabindex', '0')
    else target.removeAttribute('tabindex')
  }
})
