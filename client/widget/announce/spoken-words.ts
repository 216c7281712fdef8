/** What is said that the answer doesn't say itself, in the reader's language. */
export interface SpokenWords {
  /** In place of a block of code, as `Code, Python, 12 lines.` @param language as the model wrote it; '' without any */
  code(language: string, lines: number): string
  /** The beginning of an item of a numbered list, as `3. Open the sluice.` */
  item(number: number, sentence: string): string
  /** The beginning of an item with a box. */
  task(done: boolean, sentence: string): string
  /** A row of a table, whose cells have to be told apart: with commas. */
  row(cells: string[]): string
  /** What ends a heading or an item that has no full stop of its own, so that the voice pauses: `.` */
  pause: string
  /** Once, where the answer is too far ahead of the voice: from here on it is there to be read. */
  rest: string
  /** The end of an answer of which not all was read out. */
  complete(words: number): string
}
