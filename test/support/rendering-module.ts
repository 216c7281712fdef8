/** The parts of the renderer that a page in a test uses. */

import { createFormulas } from '../../client/render/formula/create-formula.ts'
import { en } from '../../client/widget/strings/en.ts'

export { createMarkdownView } from '../../client/render/markdown-view.ts'
export { createRenderer } from '../../client/render/renderer.ts'

export const createFormula = createFormulas(en, () => import('../../client/render/formula/show-formula.ts'))
