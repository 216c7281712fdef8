/**
 * Where parsed Markdown goes: four functions. The page's DOM is one such place, a test's list of events another. All text
 * comes by `text`, and everything else is one of the names below, so that no text can turn into an element or a script.
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
  | Inline

export type Inline = 'emphasis' | 'strong' | 'strike' | 'code' | 'link' | 'image' | 'break'

/**
 * - `level`: of a heading, `1` to `6`. On a paragraph: it was a heading all along, as its underline shows.
 * - `start`: the first number of `numbers`.
 * - `loose`: on a list or an item: this list has paragraphs, not mere lines, the earlier ones included.
 * - `task`: of an item, `done` or `open`.
 * - `language`: of a code block, the first word after its fence.
 * - `align`: of a cell, `left`, `center` or `right`.
 * - `href` and `title`, of a link; `src`, `title` and `alt`, of an image. Any address, harmful ones too.
 */
export type Attribute =
  | 'level'
  | 'start'
  | 'loose'
  | 'task'
  | 'language'
  | 'align'
  | 'href'
  | 'title'
  | 'src'
  | 'alt'

export interface Sink<Place = unknown> {
  /**
   * Begins an element inside the open one.
   *
   * @param again an element that was closed: goes back into it, and what follows takes the place of its content
   * @returns what finds the element again
   */
  open(kind: Kind, again?: Place): Place
  close(): void
  text(text: string): void
  /** Of the open element. */
  attribute(name: Attribute, value: string): void
}
