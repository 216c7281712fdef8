import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { QUIET, ROOT } from '../scripts/bundle.ts'
import { LongestFirst } from './support/longest-first.ts'
import { textFiles } from './support/text-files.ts'

Object.assign(process.env, QUIET)

const WORKERD = 'test/**/*.workerd.test.ts'
const E2E = ['test/e2e/**/*.test.ts']
/**
 * What times nothing, and mostly waits for a browser or a server: several of these files run at a time.
 */
const UNTIMED = [
  'test/e2e/{gate-*,page,page-*,render,render-*,run-*,widget-*}.test.ts',
  'test/e2e/{access,aimock,bad-input,documents,examples,faults,leaves-nothing,library,logs,mock-llm,moderation,odd-answers,passed,passed-upstreams,responses,responses-clients,sdk,secrets,shards,start,upstreams,upstreams-*,usage}.test.ts',
  'test/protocol/{bounds,chromium,wrangler-dev}.test.ts',
  'test/chaos/chaos.test.ts',
]

/**
 * The same random cases in each run; `FUZZ_SEED=random` looks for others, `FUZZ_SEED=17` shows a failure
 * again.
 */
const SEED = process.env.FUZZ_SEED ?? '20261122'
const FUZZ_SEED = SEED === 'random' ? Math.trunc(Math.random() * 2 ** 31) : Number(SEED)

/** For every project. */
const SHARED = {
  setupFiles: [`${ROOT}test/support/seed.ts`],
  // What is waited for comes at once, or much later on a slow machine. A long limit costs a failing test
  // alone.
  expect: { poll: { timeout: 60_000 } },
  testTimeout: 150_000,
  hookTimeout: 150_000,
}

export default defineConfig({
  test: {
    // What a passing test logs is of no interest.
    silent: 'passed-only',
    reporters: ['default', `${ROOT}test/support/closing-line.ts`],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        root: ROOT,
        plugins: [textFiles()],
        define: { FUZZ_SEED },
        test: {
          ...SHARED,
          name: 'unit',
          // One project after the other: streams are timed, and should not be by what else runs.
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: [WORKERD, ...E2E, ...UNTIMED, 'test/{frameworks,recordings}/**'],
          // Two cores work, while vitest itself waits. Each file has a process: what one leaves behind must
          // not be taken for another's.
          maxWorkers: 2,
          restoreMocks: true,
        },
      },
      {
        root: ROOT,
        define: { FUZZ_SEED },
        plugins: [
          cloudflareTest({
            wrangler: { configPath: `${ROOT}wrangler.toml` },
            miniflare: { bindings: { DEMO_SPEED: '1000' } },
          }),
        ],
        test: {
          ...SHARED,
          name: 'workerd',
          sequence: { groupOrder: 1 },
          include: [WORKERD],
          maxWorkers: 2,
          globalSetup: [`${ROOT}test/support/ranks.ts`],
        },
      },
      {
        root: ROOT,
        define: { FUZZ_SEED },
        test: {
          ...SHARED,
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: E2E,
          exclude: [WORKERD, ...UNTIMED],
          globalSetup: [`${ROOT}test/support/build.ts`],
          // Streams are timed against each other: files that share two cores would disturb one another.
          fileParallelism: false,
          // And one after the other they can share what takes seconds to import: wrangler.
          isolate: false,
        },
      },
      {
        root: ROOT,
        define: { FUZZ_SEED },
        test: {
          ...SHARED,
          name: 'pages',
          sequence: { groupOrder: 3 },
          include: UNTIMED,
          globalSetup: [`${ROOT}test/support/build.ts`],
          // They wait more than they work, so two cores take three.
          maxWorkers: 3,
          isolate: false,
        },
      },
    ],
  },
})
