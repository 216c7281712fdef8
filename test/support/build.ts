/** Builds what the end-to-end suites start, once for all of them. */
import { buildClient } from '../../scripts/build-client.ts'
import { buildLibrary } from '../../scripts/build-library.ts'
import { bundleWorker } from '../../scripts/bundle.ts'

export async function setup(): Promise<void> {
  await buildClient()
  await buildLibrary()
  await bundleWorker()
}
