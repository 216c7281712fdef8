/** A project of somebody else's, with Millrace installed as `npm pack` packs it. */
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
  /** The project's code as one script, and what was split off it. */
  bundle(files: Record<string, string>, plugins?: Plugin[]): Promise<Bundle>
  /** TypeScript's complaints; none if it has none. */
  check(files: Record<string, string>): Promise<string>
  remove(): Promise<void>
}

export interface Bundle {
  /** Of the entry, the first of the files. */
  code: string
  /** All, by their paths. */
  files: Map<string, string>
}

/** @param others packages that the project has beside Millrace: those that this repository has */
export async function createConsumer(...others: string[]): Promise<Consumer> {
  const folder = await mkdtemp(`${tmpdir()}/millrace-consumer-`)
  const modules = `${folder}/node_modules`
  await mkdir(`${modules}/millrace`, { recursive: true })
  // The library is built once for all suites, by build.ts.
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT })
  const tarball = `${folder}/millrace-${version}.tgz`
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', `${modules}/millrace`])
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
        // vitest's own NODE_ENV is `test`, which Vite and React take for development, each in its own way.
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
