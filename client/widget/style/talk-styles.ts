/** Styles of a conversation. The style of its Markdown comes with the renderer. */
import answer from './answer.css?inline'
import list from './list.css?inline'
import print from './print.css?inline'
import turn from './turn.css?inline'

export const TALK_STYLES = [turn, answer, list, print]
