/**
 * OpenAI's citation marks: a keyword and ids in private-use characters, as in
 * `\uE200cite\uE202turn0search0\uE201`. They mean nothing to a reader, so they are left out before anything
 * else is read, in code too.
 */

/** Longer than any mark. A text that only begins like one is held back no longer than this. */
const MARK_CHARS = 2000
const MARK = new RegExp(`\uE200([^\uE200\uE201\\r\\n]{0,${MARK_CHARS}})(\uE201?)`, 'g')
const OPEN_MARK = new RegExp(`\uE200[^\uE200\uE201\\r\\n]{0,${MARK_CHARS}}$`)
/** What a mark that was cut off certainly consists of. */
const KEYWORD_AND_IDS = /^[a-z_]*(?:\uE202\S*)?/
const SIGNS = /[\uE200-\uE202]/g

/** @returns the complete text without its marks, whole or cut */
export function withoutCitationMarks(text: string): string {
  return text
    .replace(MARK, (_, inside: string, end: string) => (end ? '' : inside.replace(KEYWORD_AND_IDS, '')))
    .replace(SIGNS, '')
}

export interface CitationFilter {
  /**
   * @returns the text without its marks, except for the beginning of a mark at its end, which is held back
   */
  write(text: string): string
  end(): string
}

export function createCitationFilter(): CitationFilter {
  let held = ''
  return {
    write(text) {
      if (held === '' && !text.includes('\uE200')) return text.replace(SIGNS, '')
      const whole = held + text
      held = OPEN_MARK.exec(whole)?.[0] ?? ''
      return withoutCitationMarks(whole.slice(0, whole.length - held.length))
    },
    end() {
      const rest = withoutCitationMarks(held)
      held = ''
      return rest
    },
  }
}
