/** wrangler's rule for `.bin`: the file, as it is. */
declare module '*.bin' {
  const file: ArrayBuffer
  export default file
}
