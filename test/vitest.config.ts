import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { QUIET, ROOT } from '../scripts/bundle.ts'

Object.assign(process.env, QUIET)

const WORKERD = 'test/**/*.workerd.test.ts'
const E2E = ['test/e2e/**/*.test.ts', 'test/protocol/{bounds,chromium,wrangler-dev}.test.ts']
/** What waits for a browser most of the time, and times nothing. */
const IN_PAGES = ['test/e2e/{render,widget}*.test.ts', 'test/e2e/{examples,library}.test.ts']

export default defineConfig({
  test: {
    // What a passing test logs is of no interest.
    silent: 'passed-only',
    reporters: ['default', `${ROOT}test/support/closing-line.ts`],
    projects: [
      {
        root: ROOT,
        test: {
          name: 'unit',
          // One project after the other: streams are timed, and should not be by what else runs.
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: [WORKERD, ...E2E, 'test/recordings/**'],
        },
      },
      {
        root: ROOT,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: `${ROOT}wrangler.toml` },
            miniflare: { bindings: { DEMO_SPEED: '1000' } },
          }),
        ],
        test: {
          name: 'workerd',
          sequence: { groupOrder: 1 },
          include: [WORKERD],
          globalSetup: [`${ROOT}test/support/ranks.ts`],
        },
      },
      {
        root: ROOT,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: E2E,
          exclude: [WORKERD, ...IN_PAGES],
          globalSetup: [`${ROOT}test/support/build.ts`],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Streams are timed against each other: files that share two cores would disturb one another.
          fileParallelism: false,
          // And one after the other they can share what takes seconds to import: wrangler.
          isolate: false,
        },
      },
      {
        root: ROOT,
        test: {
          name: 'pages',
          sequence: { groupOrder: 3 },
          include: IN_PAGES,
          globalSetup: [`${ROOT}test/support/build.ts`],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          isolate: false,
        },
      },
    ],
  },
})
