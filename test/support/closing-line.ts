/** Ends a run with a line that any machine can read: `N passed, N failed`. */
import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    // What failed outside of a test: an error nobody caught, a file that could not be read.
    let failed = errors.length + modules.filter((module) => module.errors().length > 0).length
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed++
        // A test that was skipped, or never ran, proves nothing.
        else failed++
      }
    }
    console.log(`${passed} passed, ${failed} failed`)
    if (failed > 0) process.exitCode = 1
  }
}
