/** Styles of the panel, needed before the first question. */
import bubble from './bubble.css?inline'
import dock from './dock.css?inline'
import frame from './frame.css?inline'
import look from './look.css?inline'
import popup from './popup.css?inline'

export const PANEL_STYLES = [look, bubble, frame, popup, dock]
