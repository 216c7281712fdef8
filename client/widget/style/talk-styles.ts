/** How a conversation looks, apart from the Markdown in it, whose style comes with its renderer. */
import answer from './answer.css?inline'
import list from './list.css?inline'
import turn from './turn.css?inline'

export const TALK_STYLES = [turn, answer, list]
