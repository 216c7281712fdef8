/** A project outside this repository, with Millrace installed as `npm pack` packs it. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { build, type Plugin, type Rolldown } from 'vite'
import { ROOT } from '../../scripts/bundle.ts'
import { version } from '../../scripts/version.ts'

const run = promisify(execFile)

export interface Consumer {
  folder: string
  /** Bundles the project's code into one script and its split-off parts. */
  bundle(files: Record<string, string>, plugins?: Plugin[]): Promise<Bundle>
  /** TypeScript's complaints; empty if it has none. */
  check(files: Record<string, string>): Promise<string>
  remove(): Promise<void>
}

export interface Bundle {
  /** The code of the entry, which is the first of the files. */
  code: string
  /** All files by their paths. */
  files: Map<string, string>
}

/** @param others further packages of the project, from those installed in this repository */
export async function createConsumer(...others: string[]): Promise<Consumer> {
  const folder = await mkdtemp(`${tmpdir()}/millrace-consumer-`)
  const modules = `${folder}/node_modules`
  await mkdir(`${modules}/millrace`, { recursive: true })
  await run('tar', ['-xzf', await pack(folder), '--strip-components=1', '-C', `${modules}/millrace`])
  for (const name of ['eventsource-parser', ...others]) {
    await mkdir(dirname(`${modules}/${name}`), { recursive: true })
    await symlink(`${ROOT}node_modules/${name}`, `${modules}/${name}`)
  }

  async function write(files: Record<string, string>): Promise<string[]> {
    const paths = Object.keys(files).map((name) => `${folder}/${name}`)
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(`${folder}/${name}`, text)))
    return paths
  }

  return {
    folder,
    async bundle(files, plugins = []) {
      const [input = ''] = await write(files)
      const { output } = (await build({
        configFile: false,
        root: folder,
        logLevel: 'error',
        plugins,
        // vitest's own NODE_ENV is `test`, which Vite and React treat as development.
        define: { 'process.env.NODE_ENV': '"production"' },
        oxc: { jsx: { runtime: 'automatic', development: false } },
        build: { write: false, target: 'esnext', modulePreload: false, rolldownOptions: { input } },
      })) as Rolldown.RolldownOutput
      const texts = output.flatMap((file) =>
        file.type === 'chunk' ? [[`/${file.fileName}`, file.code] as const] : [],
      )
      return { code: texts[0]?.[1] ?? '', files: new Map(texts) }
    },
    async check(files) {
      const paths = await write(files)
      const options =
        '--noEmit --strict --target es2024 --module esnext --moduleResolution bundler --jsx react-jsx'
      const lib = ['--lib', 'es2024,dom,dom.iterable,dom.asynciterable', '--types', '']
      try {
        await run('tsc', [...options.split(' '), ...lib, ...paths], { cwd: folder })
        return ''
      } catch (error) {
        return (error as { stdout: string }).stdout
      }
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

/** @returns the path of the package, in this folder */
export async function pack(folder: string): Promise<string> {
  // build.ts builds the library once for all suites.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  return `${folder}/millrace-${version}.tgz`
}
