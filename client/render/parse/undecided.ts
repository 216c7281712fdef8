/** What is asked of a text that is still arriving can have no answer yet. */

/** It depends on what comes. */
export const WAIT = Symbol('wait')

/** @typeParam T what is found, or is not there: `undefined` */
export type Found<T> = T | typeof WAIT | undefined
