/**
 * Loads a part of the widget from the deployment that it came from: checked against its hash, and found again where a
 * newer deployment has taken its place. Nobody calls it by hand: in the page and in `widget.js` the build puts it in the
 * place of each `import()` of the widget (scripts/widget-parts.ts). In the library they stay: there the site's own bundler
 * says where parts lie.
 *
 * A part is one file that imports nothing, so its hash covers all of it, and it runs beside any `widget.js` of the same
 * contract.
 */
import { PARTS_CONTRACT } from './parts-contract.ts'

/** From this module's file to the deployment's root, such as `../`; the build says. */
declare const MILLRACE_ROOT: string

const here = import.meta.url
const root = new URL(MILLRACE_ROOT, here)

/**
 * Under `/v/` a page has pinned what it runs. There the list, which nobody has pinned, is not asked: whoever could change
 * it could have anything run.
 */
const pinned = /\/v\/[^/]+\/$/.test(root.pathname)

/** A part has some 10 KB: after so long it won't come by this connection. */
const LOADED_MS = 20_000

const loading = new Map<string, Promise<unknown>>()
const failed = new Set<string>()
let tries = 0

/**
 * @param file from the deployment's root
 * @param integrity its hash, as in `<script integrity>`
 * @throws that it could not be loaded, with the reason in `cause`. Nothing of that is remembered: the next call tries again
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
    // Gone with an earlier deployment, or the connection was: the list tells, or can't be had either.
    return importChecked(...(await lookUp(name)))
  }
}

/** Where the part lies in the deployment of this moment. */
async function lookUp(name: string): Promise<[file: string, integrity: string]> {
  // [spec] Fetch, `no-cache`: what is kept is used only if the server says that it is still so.
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
  // [spec] HTML, "fetch a single module script": a failure is kept in the module map. By another address it isn't the same.
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
 * `import()` takes no hash, a preload does. What it has fetched and checked stands in the module map, where the `import()`
 * finds it; what didn't pass is never imported.
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
    // Not before: a browser may give up what a link loads that is taken out.
    link.remove()
  })
}
