/** Results of reading a text that is still arriving. */

/** The result depends on text that has not arrived. */
export const WAIT = Symbol('wait')

/** @typeParam T the result; `undefined` means that the text is something else */
export type Found<T> = T | typeof WAIT | undefined
