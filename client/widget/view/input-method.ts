/** Keys that belong to an input method, which composes characters such as Japanese ones. */

/**
 * Whether the key is part of a composition, for example picks a candidate. Safari sends the last key after
 * the composition's end, marked by key code 229 alone.
 */
export const isComposed = ({ isComposing, keyCode }: KeyboardEvent): boolean => isComposing || keyCode === 229
