/** Builds once what all end-to-end suites start. */
import { buildClient } from '../../scripts/build-client.ts'
import { buildLibrary } from '../../scripts/build-library.ts'
import { bundleWorker } from '../../scripts/bundle.ts'

export async function setup(): Promise<void> {
  await buildClient()
  await buildLibrary()
  await bundleWorker()
}
