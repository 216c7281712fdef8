/** The keys of an input method, by which characters are put together that no key has, such as Japanese ones. */

/**
 * Whether it picks a candidate, or leaves them, and so is not meant for us. Safari sends it after the composition's end,
 * marked by key code 229 alone.
 */
export const isComposed = ({ isComposing, keyCode }: KeyboardEvent): boolean => isComposing || keyCode === 229
