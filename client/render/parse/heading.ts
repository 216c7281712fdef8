/** A heading that begins with `#`, whose line is still arriving. [spec] 4.2 */
import { InlineText } from './inline/inline-text.ts'
import type { Labels } from './inline/labels.ts'
import type { Sink } from './sink.ts'
import { spacesBefore } from './spaces.ts'

/** Of more signs than this none are shown before the line ends. */
const PREVIEWED_CHARS = 256

export class Heading {
  readonly type = 'none'
  readonly inline: InlineText
  /** The last signs and spaces, which are not shown if they close the heading. */
  #held = ''
  /** How many of them the last preview has. */
  #previewed = 0

  constructor(labels: Labels, text: string) {
    this.inline = new InlineText(labels)
    this.add(text)
  }

  add(text: string): void {
    let end = text.length
    while (/[# \t]/.test(text.charAt(end - 1))) end--
    if (end > 0) {
      this.inline.append(this.#held + text.slice(0, end))
      this.#held = ''
    }
    this.#held += text.slice(end)
  }

  settle(sink: Sink): void {
    this.inline.settle(sink, this.inline.text.length)
  }

  preview(sink: Sink): void {
    const { inline } = this
    const { text } = inline
    const shown = this.#shown()
    inline.text += shown
    inline.preview(sink, inline.text.length)
    inline.text = text
    this.#previewed = shown.length
  }

  /** What the preview has behind the last one, if nothing else has changed. */
  moreOfPreview(): string | undefined {
    const { inline } = this
    const added = inline.moreOfPreview(inline.text.length)
    if (added === undefined) return undefined
    const shown = this.#shown()
    const more = added + shown
    const from = this.#previewed
    this.#previewed = shown.length
    return more.length < from ? undefined : more.slice(from)
  }

  end(sink: Sink): void {
    this.inline.append(this.#withoutClosing())
    this.inline.end(sink)
    sink.close()
  }

  #shown(): string {
    return this.#held.length > PREVIEWED_CHARS ? '' : this.#withoutClosing()
  }

  /** The held part without spaces at its end and a closing run of signs. */
  #withoutClosing(): string {
    const held = this.#held
    const end = spacesBefore(held, held.length)
    let signs = end
    while (held[signs - 1] === '#') signs--
    const spaces = spacesBefore(held, signs)
    const closes = spaces < signs || (signs === 0 && this.inline.text === '')
    return held.slice(0, closes ? spaces : end)
  }
}
