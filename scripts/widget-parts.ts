/**
 * The widget's lazy parts: whatever it loads with `import()`. Each is a bundle of its own: one file that imports nothing,
 * named after its content. Vite alone would have parts import what they share with `widget.js` *from* `widget.js`: then
 * they fit only the one that they were built with, and under `/v/…/widget.js` they would load the whole widget again.
 *
 * The price: what a part shares with `widget.js` is there twice. So a part keeps no state for others, and its classes
 * are not theirs.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { buildAlone } from './build-alone.ts'
import { dynamicImports } from './dynamic-imports.ts'

/** Where parts lie, from the deployment's root. */
const PARTS_FOLDER = 'assets/parts/'

const LOAD_DEPLOYED = fileURLToPath(new URL('../client/widget/load-deployed.ts', import.meta.url))

interface Part {
  /** From the deployment's root. */
  file: string
  /** As in `<script integrity>`. */
  integrity: string
  code: string
}

export interface Parts {
  /**
   * Builds each part that a module asks for, and writes where it lies in the place of the `import()`.
   *
   * @param options `theirs`: modules whose `import()` stays Vite's; `asker`: the part that is being built
   */
  plugin(options?: { theirs?: RegExp; asker?: string }): Plugin
  /** All that have been asked for, once every build that uses the plugin is done; by name. */
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
      // Each would wait for the other's hash.
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
      // In one order, whichever was done first: the list's bytes are its ETag.
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

/** `…/strings/de.ts` is `strings-de`: the same in every deployment in which the module lies there. */
function nameOf(module: string): string {
  return `${basename(dirname(module))}-${basename(module, extname(module))}`.toLowerCase()
}
