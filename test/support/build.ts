/** Builds what the end-to-end suites start, once for all of them. */
import { build } from 'vite'
import { bundleWorker, ROOT } from '../../scripts/bundle.ts'

export async function setup(): Promise<void> {
  await build({ configFile: `${ROOT}client/vite.config.ts`, logLevel: 'warn' })
  await bundleWorker()
}
