/**
 * Adds style sheets to a shadow tree. Its styles and the page's don't affect each other. All elements of a
 * page share each sheet.
 *
 * [spec] A Content-Security-Policy does not treat constructed sheets as inline styles.
 */

const sheets = new Map<string, CSSStyleSheet>()

/** @param texts CSS texts, each of which becomes one shared sheet */
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
