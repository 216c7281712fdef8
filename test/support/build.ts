/** Builds and unpacks once what all end-to-end suites start. */
import { buildChanged } from '../../scripts/build-changed.ts'
import { buildLibrary } from '../../scripts/build-library.ts'
import { whichChromium } from './browser.ts'

export async function setup(): Promise<void> {
  await buildChanged()
  await buildLibrary()
  // Of two suites that unpack it at the same time, one starts what the other is still writing.
  await whichChromium()
}
