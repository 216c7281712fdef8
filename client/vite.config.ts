import { readFile } from 'node:fs/promises'
import { defineConfig, type Plugin } from 'vite'
import { BASELINE } from '../scripts/baseline.ts'
import { packRanks } from '../scripts/pack-ranks.ts'
import { openRanks } from '../worker/tokens/ranks.ts'

export default defineConfig({
  root: 'client',
  plugins: [ranks()],
  build: {
    outDir: '../dist/client',
    rolldownOptions: { input: ['client/index.html', 'client/preview.html'] },
    emptyOutDir: true,
    target: BASELINE,
    // Assets stay files: under a strict Content-Security-Policy a `data:` URL is refused.
    assetsInlineLimit: 0,
    // Every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
})

/**
 * `…/ranks/o200k_base.bin?url`: the packed ranks as an asset with a hashed name. They lie in dist/ranks once
 * the Worker has been built; in a fresh copy they don't, and while it is being built they may be half
 * written. Then they are packed here.
 */
function ranks(): Plugin {
  const asked = /\/ranks\/(o200k_base|cl100k_base)\.bin\?url$/
  return {
    name: 'ranks',
    enforce: 'pre',
    resolveId: (id) => (asked.test(id) ? `\0${id}` : undefined),
    async load(id) {
      const encoding = asked.exec(id)?.[1]
      if (encoding !== 'o200k_base' && encoding !== 'cl100k_base') return undefined
      const file = (await readWhole(encoding)) ?? packRanks(encoding)
      const asset = this.emitFile({ type: 'asset', name: `${encoding}.bin`, source: new Uint8Array(file) })
      return `export default import.meta.ROLLUP_FILE_URL_${asset}`
    },
  }
}

async function readWhole(encoding: string): Promise<ArrayBuffer | undefined> {
  try {
    const { buffer } = new Uint8Array(await readFile(`dist/ranks/${encoding}.bin`))
    openRanks(buffer)
    return buffer
  } catch {
    return undefined
  }
}
