/**
 * Loads a part of the widget from the deployment that the widget came from, checked against its hash. If a
 * newer deployment has replaced it, the part is looked up there.
 *
 * A part is one file without imports, so its hash covers all of it, and it runs with any `widget.js` of the
 * same contract. The build puts calls of `loadDeployed` in place of the widget's `import()`s, for the page
 * and for `widget.js` (scripts/widget-parts.ts). The library keeps them: there the site's own bundler places
 * the parts.
 */
import { PARTS_CONTRACT } from './parts-contract.ts'

/** The path from this module to the deployment's root, such as `../`. Set by the build. */
declare const MILLRACE_ROOT: string

const here = import.meta.url
const root = new URL(MILLRACE_ROOT, here)

/**
 * A page that loads from `/v/` has pinned its code by hash. The list of parts is not pinned, so it is not
 * used: anybody who could change it could run any code.
 */
const pinned = /\/v\/[^/]+\/$/.test(root.pathname)

/** Parts have some 10 KB: after this time the connection has most likely failed. */
const LOADED_MS = 20_000

const loading = new Map<string, Promise<unknown>>()
const failed = new Set<string>()
let tries = 0

/**
 * @param file path from the deployment's root
 * @param integrity hash as in `<script integrity>`
 * @throws {Error} if the part could not be loaded, with the reason in `cause`; the next call tries again
 */
export function loadDeployed<T>(name: string, file: string, integrity: string): Promise<T> {
  let module = loading.get(name)
  if (module === undefined) {
    module = load(name, file, integrity).catch((cause) => {
      loading.delete(name)
      throw new Error(`The part "${name}" could not be loaded.`, { cause })
    })
    loading.set(name, module)
  }
  return module as Promise<T>
}

async function load(name: string, file: string, integrity: string): Promise<unknown> {
  try {
    return await importChecked(file, integrity)
  } catch (error) {
    if (pinned) throw error
    // The part was removed by a newer deployment, or the connection failed. The list of parts tells, unless
    // it fails too.
    return importChecked(...(await lookUp(name)))
  }
}

/** Finds the part in the current deployment. */
async function lookUp(name: string): Promise<[file: string, integrity: string]> {
  // [spec] Fetch, `no-cache`: a cached list is used only after the server confirmed it.
  const response = await fetch(new URL('widget-chunks.json', root), { cache: 'no-cache' })
  if (!response.ok) throw new TypeError(`The list of parts can't be had: status ${response.status}.`)
  const list = await response.json()
  if (list.contract !== PARTS_CONTRACT)
    throw new Error('A newer widget has been deployed: load the page again.')
  const part = list.parts[name]
  if (part === undefined)
    throw new Error('The widget that is deployed has no such part: load the page again.')
  return [part.file, part.integrity]
}

async function importChecked(file: string, integrity: string): Promise<unknown> {
  const url = new URL(file, root)
  // [spec] HTML, "fetch a single module script": the module map keeps failures by URL, so retry with another
  // URL.
  if (failed.has(file)) url.searchParams.set('again', String(++tries))
  try {
    await preload(url.href, integrity)
    return await import(/* @vite-ignore */ url.href)
  } catch (error) {
    failed.add(file)
    throw error
  }
}

/**
 * Fetches and checks a module. `import()` takes no hash but a preload does: it puts the checked module into
 * the module map, where `import()` finds it. A module that fails the check is never imported.
 */
function preload(url: string, integrity: string): Promise<void> {
  const link = document.createElement('link')
  link.rel = 'modulepreload'
  link.crossOrigin = 'anonymous'
  link.integrity = integrity
  link.href = url
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = () => reject(new TypeError(`${url} can't be had, or isn't what it should be.`))
  const late = setTimeout(fail, LOADED_MS)
  link.onload = () => resolve()
  link.onerror = fail
  document.head.append(link)
  return promise.finally(() => {
    clearTimeout(late)
    // Removed only now: browsers may cancel a preload whose link is removed.
    link.remove()
  })
}
