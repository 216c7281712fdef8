/** The renderer, loaded when there is a first answer to show. */
import markdown from '../../render/markdown.css?inline'

export { createMarkdownView } from '../../render/markdown-view.ts'

export const MARKDOWN_STYLES = [markdown]
