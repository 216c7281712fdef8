/** Formulas, loaded when there is a first one to show. */
import formula from '../../render/formula/formula.css?inline'

export { showFormula } from '../../render/formula/show-formula.ts'

export const FORMULA_STYLES = [formula]
