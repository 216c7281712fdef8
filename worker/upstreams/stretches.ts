/**
 * Looks for stretches of known texts in another text, however that one is written: with other white space,
 * quotes and case, with the escapes of JSON, addresses or HTML, or in base64 or hex.
 *
 * @example
 *   const has = createStretches([{ text: 'You sell shoes. Be brief.', run: 16 }])
 *   has('"input": "YOU SELL\\nSHOES. Be …"') // true
 */

export interface KnownText {
  text: string
  /** How many letters and digits in a row betray the text; the whole of a shorter text does. */
  run: number
}

/** @returns whether a text has a stretch; in time linear in its length */
export function createStretches(known: readonly KnownText[]): (text: string) => boolean {
  /** By length. Made when they are first needed: most starts of the Worker never see an error. */
  let stretches: Map<number, Set<string>> | undefined
  return (text) => {
    stretches ??= stretchesOf(known)
    for (const reading of readings(text)) {
      for (const [length, set] of stretches) {
        for (let at = 0; at + length <= reading.length; at++) {
          if (set.has(reading.slice(at, at + length))) return true
        }
      }
    }
    return false
  }
}

function stretchesOf(known: readonly KnownText[]): Map<number, Set<string>> {
  const stretches = new Map<number, Set<string>>()
  for (const { text, run } of known) {
    for (const form of [text, ...encodings(text)].map(lettersOf)) {
      const length = Math.min(run, form.length)
      if (length === 0) continue
      const set = stretches.get(length) ?? new Set()
      stretches.set(length, set)
      for (let at = 0; at + length <= form.length; at++) set.add(form.slice(at, at + length))
    }
  }
  return stretches
}

/** In hex, and in base64 at each place that the text can have in what is encoded. */
function encodings(text: string): string[] {
  const bytes = [...new TextEncoder().encode(text)]
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const base64 = [0, 1, 2].map((before) => {
    const encoded = btoa(String.fromCharCode(...Array<number>(before).fill(0)) + binaryOf(bytes))
    // The characters at both ends also hold bits of the neighbours.
    return encoded.slice(before === 0 ? 0 : before + 1).replace(/.={1,2}$/, '')
  })
  return [hex, ...base64]
}

const binaryOf = (bytes: readonly number[]) => bytes.map((byte) => String.fromCharCode(byte)).join('')

const lettersOf = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')

/** A text as it stands, and with its escapes read once and twice. */
function readings(text: string): Set<string> {
  const once = unescaped(text)
  return new Set([text, once, unescaped(once)].map(lettersOf))
}

function unescaped(text: string): string {
  return (
    text
      // [spec] RFC 8259, 7. A text that was quoted several times has as many backslashes.
      .replace(/\\{2,}/g, '\\')
      .replace(/\\(?:u([\da-f]{4})|x([\da-f]{2})|[abefnrtv])/gi, (_, u?: string, x?: string) =>
        characterOf(Number.parseInt(u ?? x ?? '20', 16)),
      )
      // [spec] RFC 3986, 2.1. `%2541` is an `A` that was escaped twice.
      .replace(/(?:%(?:25)*[\da-f]{2})+/gi, (escaped) => {
        const bytes = escaped.replace(/%(?:25)*([\da-f]{2})/gi, '$1').match(/../g) ?? []
        return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)))
      })
      .replace(
        /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(?:amp|apos|gt|lt|nbsp|quot));/gi,
        (_, hex?: string, decimal?: string) =>
          characterOf(Number.parseInt(hex ?? decimal ?? '32', hex === undefined ? 10 : 16)),
      )
  )
}

const characterOf = (code: number) => (code <= 0x10ffff ? String.fromCodePoint(code) : ' ')
