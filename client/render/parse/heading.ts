/** A heading that begins with `#`, whose line is still arriving. [spec] 4.2 */
import { InlineText } from './inline/inline-text.ts'
import type { Labels } from './inline/labels.ts'
import type { Sink } from './sink.ts'
import { spacesBefore } from './spaces.ts'

export class Heading {
  readonly type = 'none'
  readonly inline: InlineText

  constructor(labels: Labels, text: string) {
    this.inline = new InlineText(labels, text)
  }

  settle(sink: Sink): void {
    this.inline.settle(sink, this.#end())
  }

  preview(sink: Sink): void {
    this.inline.preview(sink, this.#end())
  }

  end(sink: Sink): void {
    this.inline.text = this.inline.text.slice(0, this.#end())
    this.inline.end(sink)
    sink.close()
  }

  /** Where the heading's text ends: a closing run of `#` is not shown. */
  #end(): number {
    const { text } = this.inline
    const end = spacesBefore(text, text.length)
    let signs = end
    while (text[signs - 1] === '#') signs--
    const spaces = spacesBefore(text, signs)
    return signs === 0 || spaces < signs ? spaces : end
  }
}
