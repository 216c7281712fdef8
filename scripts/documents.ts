/**
 * `npm run documents -- FOLDER`: uploads a folder's documents to a vector store of OpenAI, and prints the
 * line for `TOOLS` with which visitors get answers from them. How it goes on where it was interrupted:
 * documents/sync.ts.
 */
import { basename, dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../worker/config/config.ts'
import { ConfigError } from '../worker/config/parsers.ts'
import type { UpstreamConfig } from '../worker/config/upstreams.ts'
import { ROOT } from './bundle.ts'
import { type Api, createApi, FatalError, RequestError } from './documents/api.ts'
import { type Folder, readFolder } from './documents/folder.ts'
import { parseSite, type Site } from './documents/page.ts'
import { bad, showProgress } from './documents/progress.ts'
import { type Outcome, sync } from './documents/sync.ts'
import { readSettings } from './settings.ts'

const USAGE = `npm run documents -- FOLDER [options]

Uploads the Markdown, text, HTML and PDF files of a folder to a vector store of your OpenAI account, and prints
the line for the setting TOOLS. Run it again after changes: it uploads what is new or changed, and removes what
is gone. Interrupted, it goes on where it was. Hidden files, node_modules and symbolic links are left alone.

  --name NAME      what the documents are called in the account; by default the folder's last two names. A
                   store is created under it the first time, and found by it later
  --store vs_…     puts them into this store. Its other files are not touched
  --site ADDRESS   where they are on your site: https://example.com/docs/, or with a * for the path without its
                   extension: https://example.com/docs/*.html. Kept as the attribute "url" of each file
  --replace-all    goes on even if the folder has none of the documents that are stored
  --dry-run        only says what it would do
  --help

OPENAI_API_KEY, and OPENAI_BASE_URL if it is not OpenAI, come from the environment or .dev.vars.
`

interface Options {
  folder: string
  name: string
  store: string | undefined
  site: Site | undefined
  replaceAll: boolean
  dryRun: boolean
}

const interrupted = new AbortController()
// `on`, not `once`: npm passes a Ctrl-C on, which the terminal has sent already.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort())
}
const progress = showProgress(process.stderr)

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) console.log(USAGE)
  else await run(options, openApi())
} catch (error) {
  progress.end()
  if (interrupted.signal.aborted) {
    console.error('Interrupted. The same command goes on with what is missing.')
    process.exitCode = 130
  } else {
    console.error(bad(messageOf(error)))
    process.exitCode = 1
  }
}

async function run(options: Options, api: Api): Promise<void> {
  const folder = await readFolder(options.folder, () => interrupted.signal.throwIfAborted())
  const outcome = await sync({ ...options, folder, api, on: progress })
  progress.end()
  console.error(summary(folder, outcome, options))
  if (outcome.failed.size > 0) process.exitCode = 1
  if (outcome.store !== undefined) console.log(settingLine(outcome.store))
}

/** @returns `undefined` where help is asked for */
function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      store: { type: 'string' },
      site: { type: 'string' },
      'replace-all': { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const [folder, ...more] = positionals
  if (folder === undefined || more.length > 0) {
    throw new TypeError('Name one folder: npm run documents -- docs. More: npm run documents -- --help')
  }
  // npm runs scripts in the project's folder, wherever it was called.
  const path = resolve(process.env.INIT_CWD ?? '', folder)
  const name = values.name ?? `${basename(dirname(path))}/${basename(path)}`
  // OpenAI's bound of a value of metadata.
  if (name.length > 512 || name.trim() === '') throw new TypeError('--name takes 1 to 512 characters.')
  if (values.store !== undefined && !/^vs_\w+$/.test(values.store)) {
    throw new TypeError(`--store takes the id of a vector store, such as vs_68f3a1, not ${values.store}`)
  }
  return {
    folder: path,
    name,
    store: values.store,
    site: values.site === undefined ? undefined : parseSite(values.site),
    replaceAll: values['replace-all'],
    dryRun: values['dry-run'],
  }
}

function openApi(): Api {
  const { OPENAI_API_KEY, OPENAI_BASE_URL } = readSettings(`${ROOT}wrangler.toml`, process.env)
  const { upstream } = readConfig({
    ...(OPENAI_API_KEY === undefined ? {} : { OPENAI_API_KEY }),
    ...(OPENAI_BASE_URL === undefined ? {} : { OPENAI_BASE_URL }),
  })
  if (upstream.kind === 'demo') {
    throw new FatalError('OPENAI_API_KEY is not set: set it in the environment or in .dev.vars.')
  }
  const { baseUrl, apiKey = '' } = upstream.all[0] as UpstreamConfig
  return createApi({ baseUrl, apiKey, signal: interrupted.signal })
}

function summary({ others }: Folder, outcome: Outcome, { dryRun }: Options): string {
  const { added, replaced, deleted, unchanged, failed, lost } = outcome
  const counts = [
    `${added.length} ${dryRun ? 'new' : 'uploaded'}`,
    `${replaced.length} ${dryRun ? 'changed' : 'replaced'}`,
    `${unchanged} unchanged`,
    `${deleted.length} ${dryRun ? 'to delete' : 'deleted'}`,
    `${failed.size} failed`,
  ]
  const lines = [`${dryRun ? 'Nothing was changed. ' : ''}${counts.join(', ')}`]
  if (dryRun) {
    for (const path of added) lines.push(`  would upload  ${path}`)
    for (const path of replaced) lines.push(`  would replace ${path}`)
    for (const path of deleted) lines.push(`  would delete  ${path}`)
    if (outcome.store === undefined) lines.push('  would create a vector store')
  }
  for (const [path, reason] of failed) lines.push(bad(`  ${path}: ${reason}`))
  if (failed.size > 0 && !dryRun) lines.push('What failed keeps the version that the store had, if any.')
  if (lost > 0) lines.push(`Uploads of an interrupted run, deleted: ${lost}`)
  if (others.size > 0) {
    const types = [...others].map(([extension, count]) => `${count} ${extension}`)
    lines.push(`Other types, left alone: ${types.join(', ')}`)
  }
  return lines.join('\n')
}

function settingLine(store: string): string {
  const tools = JSON.stringify([{ type: 'file_search', vector_store_ids: [store] }])
  return `
TOOLS=${tools}

Put this line into .dev.vars for npm start; for a deployment, put TOOLS = '${tools}' under [vars] in wrangler.toml.`
}

function messageOf(error: unknown): string {
  // Only what can't be expected is worth its stack.
  const expected = [FatalError, RequestError, ConfigError, TypeError].some((kind) => error instanceof kind)
  return error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error)
}
