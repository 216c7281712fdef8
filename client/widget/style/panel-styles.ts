/** How the panel looks, apart from the Markdown in it, whose style comes with its renderer. */
import answer from './answer.css?inline'
import dock from './dock.css?inline'
import frame from './frame.css?inline'
import list from './list.css?inline'
import motion from './motion.css?inline'
import popup from './popup.css?inline'
import turn from './turn.css?inline'

export const PANEL_STYLES = [frame, popup, turn, answer, dock, list, motion]
