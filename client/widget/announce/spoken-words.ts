/** Spoken words that are not part of the answer, in the reader's language. */
export interface SpokenWords {
  /**
   * Stands for a code block: `Code, Python, 12 lines.`
   * @param language as the model wrote it; '' if not given
   */
  code(language: string, lines: number): string
  /** Starts an item of a numbered list: `3. Open the sluice.` */
  item(number: number, sentence: string): string
  /** Starts an item with a checkbox. */
  task(done: boolean, sentence: string): string
  /** Joins the cells of a table row so that they can be told apart: with commas. */
  row(cells: string[]): string
  /** Ends a heading or an item that has no full stop, so that the voice pauses: `.` */
  pause: string
  /** Said once, when the answer is too far ahead of the voice: the rest is there to be read. */
  rest: string
  /** Said at the end of an answer that was not spoken in full. */
  complete(words: number): string
}
