/** Texts that are known by their form to be an id or a model's name, and so hold no words. */

/**
 * [wire] `chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT`, `fp_44709d6fcb`, `call_1`: a prefix, then a digit
 * somewhere.
 */
export const ID = /^[A-Za-z]{1,10}[-_](?=[A-Za-z_-]{0,64}\d)[\w-]{1,64}$/

/** [wire] `gpt-4o-mini-2024-07-18`, `openai/gpt-5`: one word, with a digit in it. */
export const MODEL = /^(?=[A-Za-z./:@_-]{0,64}\d)[\w./:@-]{1,64}$/
