/**
 * The widget's lazy parts: the modules that it loads with `import()`. Each part is a bundle of its own: one
 * file without imports, named after its content. Vite alone would make parts import shared code *from*
 * `widget.js`. They would then fit only the `widget.js` that they were built with, and under
 * `/v/…/widget.js` they would load the whole widget a second time.
 *
 * The price: code that a part shares with `widget.js` exists twice. So a part keeps no state for others, and
 * its classes are different classes.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { buildAlone } from './build-alone.ts'
import { dynamicImports } from './dynamic-imports.ts'

/** The folder of the parts, from the deployment's root. */
const PARTS_FOLDER = 'assets/parts/'

const LOAD_DEPLOYED = fileURLToPath(new URL('../client/widget/load-deployed.ts', import.meta.url))

interface Part {
  /** The path from the deployment's root. */
  file: string
  /** As in `<script integrity>`. */
  integrity: string
  code: string
}

export interface Parts {
  /**
   * Builds each part that a module imports, and writes the part's address in place of the `import()`.
   *
   * @param options `theirs`: modules whose `import()` is left to Vite; `asker`: the part that is being built
   */
  plugin(options?: { theirs?: RegExp; asker?: string }): Plugin
  /** All parts by name, once every build that uses the plugin is done. */
  built(): Promise<Map<string, Part>>
}

export function createParts(): Parts {
  const started = new Map<string, { module: string; part: Promise<Part> }>()
  const loads = new Map<string, Set<string>>()

  const reaches = (from: string, to: string): boolean =>
    from === to || [...(loads.get(from) ?? [])].some((next) => reaches(next, to))

  async function partOf(module: string, asker: string | undefined): Promise<[name: string, part: Part]> {
    const name = nameOf(module)
    if (asker !== undefined) {
      // Each part would have to contain the other's hash.
      if (reaches(name, asker)) throw new Error(`The parts ${asker} and ${name} load each other.`)
      loads.set(asker, (loads.get(asker) ?? new Set()).add(name))
    }
    let known = started.get(name)
    if (known === undefined) {
      const code = buildAlone(module, '../../', parts.plugin({ asker: name }))
      known = { module, part: code.then((code) => toPart(name, code)) }
      started.set(name, known)
    }
    if (known.module !== module)
      throw new Error(`Two parts have the name ${name}: ${known.module}, ${module}`)
    return [name, await known.part]
  }

  const parts: Parts = {
    plugin: ({ theirs, asker } = {}) => ({
      name: 'widget-parts',
      async transform(code, id) {
        if (id === LOAD_DEPLOYED || theirs?.test(id) || !code.includes('import(')) return undefined
        const calls = await Promise.all(
          dynamicImports(code).map(async ({ start, end, path }) => {
            const found = await this.resolve(path, id)
            if (!found) throw new Error(`${id} imports ${path}, which isn't there.`)
            const [name, { file, integrity }] = await partOf(found.id, asker)
            return {
              start,
              end,
              text: `loadDeployed(${JSON.stringify([name, file, integrity]).slice(1, -1)})`,
            }
          }),
        )
        if (calls.length === 0) return undefined
        let written = `import { loadDeployed } from ${JSON.stringify(LOAD_DEPLOYED)};\n`
        let at = 0
        for (const { start, end, text } of calls) {
          written += code.slice(at, start) + text
          at = end
        }
        return { code: written + code.slice(at), map: null }
      },
    }),
    async built() {
      const all = new Map<string, Part>()
      // Sorted, so that the order of builds doesn't change the list's bytes, which are its ETag.
      for (const [name, { part }] of [...started].sort(([a], [b]) => (a < b ? -1 : 1)))
        all.set(name, await part)
      return all
    },
  }
  return parts
}

export function integrityOf(code: string): string {
  return `sha384-${createHash('sha384').update(code).digest('base64')}`
}

function toPart(name: string, code: string): Part {
  const hash = createHash('sha384').update(code).digest('base64url').slice(0, 8)
  return { file: `${PARTS_FOLDER}${name}-${hash}.js`, integrity: integrityOf(code), code }
}

/** `…/strings/de.ts` is `strings-de`: the same in every deployment, as long as the module stays there. */
function nameOf(module: string): string {
  return `${basename(dirname(module))}-${basename(module, extname(module))}`.toLowerCase()
}
