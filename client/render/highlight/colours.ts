/** The browser's own highlights, one for each kind of word in code: they colour what stands, and change nothing. */

/** What a mode calls a word, in the order in which it is looked for, and how it is coloured. */
const KINDS: [RegExp, string][] = [
  [/\bcomment\b/, 'comment'],
  [/\b(?:string|string-2|regexp|quote|inserted|positive)\b/, 'string'],
  [/\b(?:number|atom|bool|literal)\b/, 'literal'],
  [/\b(?:keyword|operatorKeyword|deleted|negative)\b/, 'keyword'],
  [/\b(?:def|header|function|macroName|heading)\b/, 'definition'],
  [/\b(?:type|typeName|className|builtin|standard|variable-3|tag|tagName)\b/, 'type'],
  [/\b(?:property|propertyName|attribute|attributeName|labelName|meta)\b/, 'property'],
]

const PREFIX = 'millrace-'
