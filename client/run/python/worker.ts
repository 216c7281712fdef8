/**
 * Runs one Python program. The frame makes a worker for each run, so a run leaves nothing behind, and
 * ending the worker ends whatever the program does.
 */
import { MAX_PICTURE_BYTES, MAX_PICTURES, MAX_TEXT } from '../bounds.ts'
import type { News } from '../messages.ts'
import { importsOf } from './imports.ts'
import { loadPython } from './load-python.ts'
import program from './program.py?raw'
import { createWriter } from './writer.ts'

/** The command that brings the package of each module that Pyodide has, and that isn't here. By the build. */
declare const MILLRACE_COMMANDS: Readonly<Record<string, string>>

/** What the frame sends. */
export interface Task {
  base: string
  code: string
  dark: boolean
}

const tell = (news: News, transfer: Transferable[] = []) => postMessage(news, { transfer })

export async function run({ base, code, dark }: Task): Promise<void> {
  try {
    const imports = importsOf(code)
    const runProgram = await loadPython({
      base,
      imports,
      program,
      progress: (loaded, total, megabytes) => tell({ type: 'loading', loaded, total, megabytes }),
    })
    tell({ type: 'started' })
    const writer = createWriter((kind, text) => tell({ type: 'text', kind, text }), MAX_TEXT)
    let pictures = 0
    let bytes = 0
    const missing = await runProgram(
      code,
      (kind, text) => writer.write(kind === 'error' ? 'error' : 'out', text),
      (data, title) => {
        writer.flush()
        const png = new Uint8Array(data.toJs()).buffer
        bytes += png.byteLength
        if (++pictures > MAX_PICTURES || bytes > MAX_PICTURE_BYTES) throw new RangeError('Too many pictures.')
        tell({ type: 'picture', png, title }, [png])
      },
      dark,
    )
    writer.flush()
    const command = MILLRACE_COMMANDS[missing]
    tell({ type: 'ended', ...(command && { missing: { module: missing, command } }) })
  } catch (error) {
    // The program's own errors are in its output: this is the interpreter's, or the network's.
    console.error(error)
    tell({ type: 'failed' })
  }
}
