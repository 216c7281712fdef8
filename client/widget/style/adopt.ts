/**
 * Style sheets of a shadow tree: no page's style gets into it, nor theirs out of it. One copy is for all elements on a page.
 *
 * [spec] Constructed sheets are no inline style to a Content-Security-Policy.
 */

const sheets = new Map<string, CSSStyleSheet>()

/** @param texts of style sheets, each with a name of its own only in its text */
export function adopt(shadow: ShadowRoot, texts: readonly string[]): void {
  for (const text of texts) {
    const sheet = sheets.get(text) ?? parse(text)
    if (!shadow.adoptedStyleSheets.includes(sheet)) shadow.adoptedStyleSheets.push(sheet)
  }
}

function parse(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(text)
  sheets.set(text, sheet)
  return sheet
}
