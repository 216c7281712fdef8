import { defineConfig } from 'vitest/config'
import { QUIET, ROOT } from '../scripts/bundle.ts'

Object.assign(process.env, QUIET)
export default defineConfig({
  root: ROOT,
  test: {
    name: 'e2e',
    include: ['test/e2e/widget-*.test.ts'],
    testTimeout: 30000,
    hookTimeout: 60000,
    fileParallelism: false,
    isolate: false,
  },
})
