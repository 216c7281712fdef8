/** The visitor's access key: kept for this tab alone, and gone with it. */

const NAME = 'millrace-access-key'

// Where storage is refused (a strict privacy setting), the key lives as long as the page.
let remembered: string | null = null

export function rememberAccessKey(key: string): void {
  remembered = key
  try {
    sessionStorage.setItem(NAME, key)
  } catch {}
}

/** The header that carries the key; none where there is no key. */
export function accessHeaders(): Record<string, string> {
  try {
    remembered = sessionStorage.getItem(NAME) ?? remembered
  } catch {}
  return remembered === null ? {} : { authorization: `Bearer ${remembered}` }
}
