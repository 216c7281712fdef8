/** Writes a text with previews, in the order of `client/render/renderer.ts`. */
import { createParser, type Parser } from '../../../client/render/parse/parser.ts'
import type { Sink } from '../../../client/render/parse/sink.ts'

export interface Previewed {
  write(text: string): void
  end(): void
  /** What is shown: an entry for each element's start, end and attribute, and for each text between them. */
  shown(): string[]
  /** Characters of all texts that were written, the previews' too. */
  readonly chars: number
}

/** @param continues whether a preview that only has more text at its end is continued */
export function createPreviewed(continues = true): Previewed {
  const events: string[] = []
  let chars = 0
  let previewFrom: number | undefined
  let showsPreview = false
  const note = (event: string) => {
    if (showsPreview) events.length = previewFrom ?? 0
    showsPreview = false
    events.push(event)
  }
  const text = (value: string) => {
    chars += value.length
    note(`"${value}`)
  }
  const sink: Sink = {
    open: (kind) => note(`<${kind}`),
    close: () => note('>'),
    attribute: (name, value) => note(`${name}=${value}`),
    text,
  }
  const parser: Parser = createParser(sink)
  return {
    write(delta) {
      parser.write(delta)
      const more = continues && showsPreview ? parser.moreOfPreview() : undefined
      if (more === undefined) {
        if (showsPreview) events.length = previewFrom ?? 0
        showsPreview = false
        previewFrom = events.length
        parser.preview()
      } else {
        showsPreview = false
        if (more !== '') text(more)
      }
      showsPreview = true
    },
    end() {
      if (showsPreview) events.length = previewFrom ?? 0
      showsPreview = false
      parser.end()
    },
    shown: () => joined(events),
    get chars() {
      return chars
    },
  }
}

function joined(events: readonly string[]): string[] {
  const all: string[] = []
  for (const event of events) {
    const last = all.at(-1)
    if (event.startsWith('"') && last?.startsWith('"')) all[all.length - 1] = last + event.slice(1)
    else all.push(event)
  }
  return all
}
