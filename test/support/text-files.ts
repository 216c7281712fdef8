import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** wrangler's rule for `.md` and `.txt`, where tests run in Node: a module of the file's text. */
export function textFiles(): Plugin {
  return {
    name: 'text-files',
    // Vite itself would make an address of a `.txt` file.
    enforce: 'pre',
    load: (id) =>
      /\.(?:md|txt)$/.test(id) ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined,
  }
}
