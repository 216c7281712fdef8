/** The kinds of token that have a colour, and how the names of CodeMirror's modes map to them. */

/** Names of tokens by kind. The first kind that matches applies. */
const WORDS = {
  comment: /\bcomment\b/,
  string: /\b(?:string|string-2|character|regexp|quote|inserted|positive)\b/,
  literal: /\b(?:number|integer|atom|bool|literal|constant)\b/,
  keyword: /\b(?:keyword|controlKeyword|operatorKeyword|deleted|negative)\b/,
  definition: /\b(?:def|definition|header|function|macroName|heading)\b/,
  type: /\b(?:type|typeName|className|builtin|standard|variable-3|tag|tagName)\b/,
  property: /\b(?:property|propertyName|attribute|attributeName|labelName|meta|pseudo|keyframes)\b/,
}

export type TokenKind = keyof typeof WORDS

const KINDS = Object.keys(WORDS) as TokenKind[]

const known = new Map<string, TokenKind | undefined>()

/** @param words a mode's description of a token: CodeMirror's names, separated by spaces or dots */
export function kindOf(words: string | null): TokenKind | undefined {
  if (words === null) return undefined
  if (!known.has(words))
    known.set(
      words,
      KINDS.find((kind) => WORDS[kind].test(words)),
    )
  return known.get(words)
}
