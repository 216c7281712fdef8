/** Builds once what all end-to-end suites start. */
import { buildChanged } from '../../scripts/build-changed.ts'
import { buildLibrary } from '../../scripts/build-library.ts'

export async function setup(): Promise<void> {
  await buildChanged()
  await buildLibrary()
}
