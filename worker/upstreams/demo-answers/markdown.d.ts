/** wrangler's rule for `.md`: the file's text. */
declare module '*.md' {
  const text: string
  export default text
}
