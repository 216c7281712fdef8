/** Builds one file that stands alone. */
import { fileURLToPath } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'
import { BASELINE } from './baseline.ts'

/**
 * Builds a module and all that it imports into one file.
 *
 * @param root from that file to the deployment's root
 * @throws if there is more than one file: an asset, or an `import()` of what isn't a literal
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
      rolldownOptions: {
        input: module,
        preserveEntrySignatures: 'strict',
        // One waits for the parts that it loads: that its plugin is slow says nothing.
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
