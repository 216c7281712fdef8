/**
 * The target of parsed Markdown: four functions. The DOM is one implementation, a test's list of events
 * another. All document text goes through `text`, and everything else is a name from the lists below, so text
 * can't become an element or a script.
 */

export type Kind =
  | 'paragraph'
  | 'heading'
  | 'quote'
  | 'bullets'
  | 'numbers'
  | 'item'
  | 'code-block'
  | 'math'
  | 'rule'
  | 'table'
  | 'header'
  | 'row'
  | 'cell'
  | 'footnote'
  | Inline

export type Inline =
  | 'emphasis'
  | 'strong'
  | 'strike'
  | 'code'
  | 'link'
  | 'image'
  | 'break'
  | 'formula'
  | 'footnote-reference'
  | 'source-mark'

/**
 * - `level`: of a heading, `1` to `6`. On a paragraph: an underline has turned it into a heading.
 * - `start`: of `numbers`, the first number.
 * - `loose`: of a list or an item: the list's items have paragraphs, the earlier ones too.
 * - `task`: of an item, `done` or `open`.
 * - `language`: of a code block, the first word of its info string.
 * - `align`: of a cell, `left`, `center` or `right`.
 * - `label`: of a footnote and of a reference to it, which has no text. A footnote without one has the label
 *   of an earlier one. Of a mark: the number of its source.
 * - `tex`: of a formula, its source with its delimiters. It has no text.
 * - `href` and `title` of a link; `src`, `title` and `alt` of an image. Addresses are not checked: harmful
 *   ones come too.
 */
export type Attribute =
  | 'level'
  | 'start'
  | 'loose'
  | 'task'
  | 'language'
  | 'align'
  | 'label'
  | 'tex'
  | 'href'
  | 'title'
  | 'src'
  | 'alt'

export interface Sink<Place = unknown> {
  /**
   * Opens an element inside the current one.
   *
   * @param again a closed element to open again; new content replaces its content
   * @returns a handle for opening the element again
   */
  open(kind: Kind, again?: Place): Place
  close(): void
  text(text: string): void
  /** Sets an attribute of the current element. */
  attribute(name: Attribute, value: string): void
}
