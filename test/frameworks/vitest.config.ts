/**
 * `npm run test:frameworks`: the package in projects of Next, Nuxt and Astro. Not in `npm test`: it installs
 * 800 MB of packages from npm.
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'frameworks',
    root: `${import.meta.dirname}/../..`,
    globalSetup: ['test/support/build.ts'],
    include: ['test/frameworks/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
