/** Loads Pyodide from the Worker's own assets. Nothing comes from anywhere else. */
import type { Lockfile, LockfilePackage, loadPyodide } from 'pyodide'

/** What the build put beside (scripts/build-run.ts). */
export interface PythonAssets {
  /** The folder of Pyodide's own files, from the frame's address. */
  core: string
  /** The folder of the packages. */
  packages: string
  /** Of the core: bytes, and those that go over the wire. */
  bytes: number
  sent: number
  /** Pyodide's list of packages, with those alone that are here. */
  lock: Omit<Lockfile, 'packages'> & { packages: Record<string, LockfilePackage & { bytes: number }> }
}

declare const MILLRACE_PYTHON: PythonAssets

/** @returns the name of a module that was not found, if the program ended by that */
export type RunProgram = (
  code: string,
  write: (kind: string, text: string) => void,
  picture: (png: { toJs(): Uint8Array }, title: string) => void,
  dark: boolean,
) => Promise<string>

export interface PythonOptions {
  /** The frame's address. */
  base: string
  /** The modules that the code imports. */
  imports: readonly string[]
  /** Defines `run`. */
  program: string
  /** Hears of the bytes that are loaded, of all that are to be, and how many megabytes go over the wire. */
  progress(loaded: number, total: number, megabytes: number): void
}

export async function loadPython({ base, imports, program, progress }: PythonOptions): Promise<RunProgram> {
  const { core, packages, bytes, sent, lock } = MILLRACE_PYTHON
  const wanted = packagesFor(imports, lock.packages)
  const wheels = wanted.reduce((sum, name) => sum + (lock.packages[name]?.bytes ?? 0), 0)
  const megabytes = Math.max(1, Math.round((sent + wheels) / 1e6))
  let loaded = 0
  const stopCounting = countFetched((more) => {
    loaded += more
    progress(Math.min(loaded, bytes + wheels), bytes + wheels, megabytes)
  })
  progress(0, bytes + wheels, megabytes)
  const indexURL = new URL(core, base).href
  const pyodide: { loadPyodide: typeof loadPyodide } = await import(
    /* @vite-ignore */ `${indexURL}pyodide.mjs`
  )
  const python = await pyodide.loadPyodide({
    indexURL,
    packageBaseUrl: new URL(packages, base).href,
    lockFileContents: lock,
    packages: [...wanted],
    // Nothing of JavaScript can be imported. What the policy allows holds in any case.
    jsglobals: {},
  })
  stopCounting()
  python.runPython(program)
  const run = python.globals.get('run')
  // `asyncio.run()` waits for promises, where the browser can.
  const canWait = 'Suspending' in WebAssembly
  return async (...given) => (canWait ? run.callPromising(...given) : run(...given))
}

/** The packages that have these modules, and those that they need. */
export function packagesFor(
  imports: readonly string[],
  packages: Readonly<Record<string, Pick<LockfilePackage, 'imports' | 'depends'>>>,
): string[] {
  const wanted = new Set<string>()
  const want = (name: string): void => {
    if (wanted.has(name) || !packages[name]) return
    wanted.add(name)
    for (const needed of packages[name].depends) want(needed)
  }
  for (const [name, { imports: modules }] of Object.entries(packages)) {
    if (modules.some((module) => imports.includes(module))) want(name)
  }
  return [...wanted]
}

/** Counts the bytes of all that is fetched until it is called off. */
function countFetched(count: (bytes: number) => void): () => void {
  const uncounted = globalThis.fetch
  globalThis.fetch = async (...asked) => {
    const response = await uncounted(...asked)
    if (!response.ok || response.body === null) return response
    const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        count(chunk.byteLength)
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body.pipeThrough(counting), response)
  }
  return () => {
    globalThis.fetch = uncounted
  }
}
