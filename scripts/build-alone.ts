/** Builds a file without imports. */
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'
import { BASELINE } from './baseline.ts'

/**
 * Builds a module and all its imports into one file.
 *
 * @param root the path from that file to the deployment's root
 * @param define constants by their names, as JavaScript
 * @throws if the build makes more than one file: an asset, or an `import()` of a variable
 */
export async function buildAlone(
  module: string,
  root: string,
  parts: Plugin,
  define: Record<string, string> = {},
): Promise<string> {
  const { output } = (await build({
    configFile: false,
    root: fileURLToPath(new URL('../client', import.meta.url)),
    publicDir: false,
    logLevel: 'warn',
    plugins: [parts],
    define: { MILLRACE_ROOT: JSON.stringify(root), ...define },
    build: {
      write: false,
      target: BASELINE,
      modulePreload: false,
      assetsInlineLimit: 0,
      rolldownOptions: {
        input: module,
        preserveEntrySignatures: 'strict',
        // This build waits for the parts that it loads, so a timing warning about its plugin means nothing.
        checks: { pluginTimings: false },
      },
    },
  })) as Rolldown.RolldownOutput
  const [entry, ...others] = output
  if (others.length > 0) {
    throw new Error(
      `${module} must be one file, without ${others.map(({ fileName }) => fileName).join(', ')}`,
    )
  }
  return entry.code
}
