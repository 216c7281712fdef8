/**
 * The widget's lazy parts. Each is a bundle of its own: one file that imports nothing, named after its content. Vite alone
 * would have parts import what they share with `widget.js` *from* `widget.js`: then they fit only the one that they
 * were built with, and under `/v/…/widget.js` they would load the whole widget a second time.
 *
 * The price: what a part shares with `widget.js` is there twice. So a part holds no state for others, and what it throws
 * is told by its fields, not by its class.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'
import { BASELINE } from './baseline.ts'

/** Where parts lie, from the deployment's root. */
export const PARTS_FOLDER = 'assets/parts/'

const LOAD_DEPLOYED = fileURLToPath(new URL('../client/widget/load-deployed.ts', import.meta.url))

/** As client/widget/load-chunk.ts shows it. */
const CALL =
  /\bloadChunk\(\s*(["'`])([a-z0-9-]+)\1,\s*\(\)\s*=>\s*import\(\s*(["'`])([^"'`]+)\3\s*\),?\s*\)/g

export interface Part {
  /** From the deployment's root. */
  file: string
  /** As in `<script integrity>`. */
  integrity: string
  code: string
}

export interface Parts {
  /** Builds each part that a module asks for, and writes into the call where it lies. @param asker for the part that is built */
  plugin(asker?: string): Plugin
  /** All that have been asked for, once every build that uses the plugin is done. */
  built(): Promise<Map<string, Part>>
}

export function createParts(): Parts {
  const started = new Map<string, { module: string; part: Promise<Part> }>()
  const loads = new Map<string, Set<string>>()

  const reaches = (from: string, to: string): boolean =>
    from === to || [...(loads.get(from) ?? [])].some((next) => reaches(next, to))

  async function partOf(name: string, module: string, asker: string | undefined): Promise<Part> {
    if (asker !== undefined) {
      // Each would wait for the other's hash.
      if (reaches(name, asker)) throw new Error(`The parts ${asker} and ${name} load each other.`)
      loads.set(asker, (loads.get(asker) ?? new Set()).add(name))
    }
    const known = started.get(name)
    if (known === undefined) {
      const part = buildAlone(module, '../../', parts.plugin(name)).then((code) => toPart(name, code))
      started.set(name, { module, part })
      return part
    }
    if (known.module !== module) throw new Error(`Two parts have the name ${name}: ${known.module}, ${module}.`)
    return known.part
  }

  const parts: Parts = {
    plugin: (asker) => ({
      name: 'widget-parts',
      async transform(code, id) {
        const calls = id.endsWith('/load-chunk.ts') ? [] : [...code.matchAll(CALL)]
        if (calls.length === 0) return undefined
        const written = await Promise.all(
          calls.map(async ([, , name = '', , path = '']) => {
            const found = await this.resolve(path, id)
            if (!found) throw new Error(`${id} loads ${path}, which isn't there.`)
            const { file, integrity } = await partOf(name, found.id, asker)
            return `loadDeployed(${[name, file, integrity].map((text) => JSON.stringify(text)).join(', ')})`
          }),
        )
        const body = code.replace(CALL, () => written.shift() ?? '')
        return { code: `import { loadDeployed } from ${JSON.stringify(LOAD_DEPLOYED)};\n${body}`, map: null }
      },
    }),
    async built() {
      const all = new Map<string, Part>()
      // In one order, whichever was done first: the list's bytes are its ETag.
      for (const name of [...started.keys()].sort()) {
        const part = await started.get(name)?.part
        if (part) all.set(name, part)
      }
      return all
    },
  }
  return parts
}

/**
 * Builds a module and all that it imports into one file.
 *
 * @param root from that file to the deployment's root
 * @throws if there is more than one: an `import()` outside of `loadChunk`, or an asset
 */
export async function buildAlone(module: string, root: string, parts: Plugin): Promise<string> {
  const { output } = (await build({
    configFile: false,
    root: fileURLToPath(new URL('../client', import.meta.url)),
    publicDir: false,
    logLevel: 'warn',
    plugins: [parts],
    define: { MILLRACE_ROOT: JSON.stringify(root) },
    build: {
      write: false,
      target: BASELINE,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: { input: module, preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput
  const [entry, ...others] = output
  if (others.length > 0) {
    const names = others.map(({ fileName }) => fileName).join(', ')
    throw new Error(`${module} must be one file: load what is lazy with loadChunk (${names}).`)
  }
  return entry.code
}

export function integrityOf(code: string): string {
  return `sha384-${createHash('sha384').update(code).digest('base64')}`
}

function toPart(name: string, code: string): Part {
  const hash = createHash('sha384').update(code).digest('base64url').slice(0, 10)
  return { file: `${PARTS_FOLDER}${name}-${hash}.js`, integrity: integrityOf(code), code }
}
