/**
 * Adds style sheets to a shadow tree, whose styles and the page's don't affect each other, or to a document.
 * All trees of a page share each sheet.
 *
 * [spec] A Content-Security-Policy does not treat constructed sheets as inline styles.
 */

const sheets = new Map<string, CSSStyleSheet>()

/** @param texts CSS texts, each of which becomes one shared sheet */
export function adopt(tree: Document | ShadowRoot, texts: readonly string[]): void {
  for (const text of texts) {
    const sheet = sheets.get(text) ?? parse(text)
    if (!tree.adoptedStyleSheets.includes(sheet)) tree.adoptedStyleSheets.push(sheet)
  }
}

function parse(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  sheets.set(text, sheet)
  return sheet
}
