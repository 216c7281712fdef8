/** A contestant's module, built as an application's script is. */
import { gzipSync } from 'node:zlib'
import { type BuildOptions, build } from 'vite'
import { ROOT } from '../../../scripts/bundle.ts'

export interface Bundle {
  /** A script that sets the global `contestant` to the module. */
  script: string
  /** Bytes after gzip, without lazy parts. */
  size: number
}

export async function bundle(name: string): Promise<Bundle> {
  const input = `${ROOT}test/bench/render/contestants/${name}.ts`
  const script = await buildEntry(input, { format: 'iife', name: 'contestant' })
  const module = await buildEntry(input, { format: 'es' })
  return { script, size: gzipSync(module).length }
}

type Output = Extract<NonNullable<BuildOptions['rolldownOptions']>['output'], { format?: unknown }>

async function buildEntry(input: string, output: Output): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input, output, preserveEntrySignatures: 'strict' },
    },
  })
  const outputs = [built].flat().flatMap((each) => ('output' in each ? each.output : []))
  const entry = outputs.find((file) => file.type === 'chunk' && file.isEntry)
  if (entry?.type !== 'chunk') throw new Error(`${input} was not built.`)
  return entry.code
}
