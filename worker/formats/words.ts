/**
 * The words of a format's API are listed in text files: they are data, and are uploaded beside the Worker's
 * code.
 */

/** @param list words, with blanks or line breaks between them */
export const wordsIn = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/))
