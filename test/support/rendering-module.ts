/** The parts of the renderer that a page in a test uses. */
export { createMarkdownView } from '../../client/render/markdown-view.ts'
export { createRenderer } from '../../client/render/renderer.ts'
