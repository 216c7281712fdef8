/**
 * The suite that replays real answers of real upstreams. They are not part of the project: the folder
 * is named by `RECORDINGS`, and where there is none, there is nothing to test.
 */
import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { textFiles } from '../support/text-files.ts'
import { RECORDINGS } from './folder.ts'

const there = existsSync(RECORDINGS)
if (!there) console.log(`No recordings at ${RECORDINGS}: nothing to replay (RECORDINGS names their folder).`)

export default defineConfig({
  plugins: [textFiles()],
  test: {
    name: 'recordings',
    root: `${import.meta.dirname}/../..`,
    globalSetup: there ? ['test/support/build.ts'] : [],
    include: there ? ['test/recordings/*.test.ts'] : [],
    passWithNoTests: !there,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
