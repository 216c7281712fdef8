/** All of the renderer that a page in a test has. */
export { createMarkdownView } from '../../client/render/markdown-view.ts'
export { createRenderer } from '../../client/render/renderer.ts'
