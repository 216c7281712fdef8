/** The widget's style sheets, which no page's style gets into, nor out of: one copy for all elements on a page. */
import markdown from '../../render/markdown.css?inline'
import answer from './answer.css?inline'
import dock from './dock.css?inline'
import frame from './frame.css?inline'
import launcher from './launcher.css?inline'
import list from './list.css?inline'
import look from './look.css?inline'
import motion from './motion.css?inline'
import turn from './turn.css?inline'

let sheets: CSSStyleSheet[] | undefined

/** [spec] Constructed sheets are no inline style to a Content-Security-Policy. */
export function adoptStyles(shadow: ShadowRoot): void {
  sheets ??= [look, frame, launcher, markdown, turn, answer, dock, list, motion].map((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
  shadow.adoptedStyleSheets = sheets
}
