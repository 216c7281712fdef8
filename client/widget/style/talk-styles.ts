/** Styles of a conversation. Those of its Markdown and of the list come with their code. */
import answer from './answer.css?inline'
import print from './print.css?inline'
import turn from './turn.css?inline'

export const TALK_STYLES = [turn, answer, print]
