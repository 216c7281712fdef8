/**
 * `npm run check`: all that can be known without running the product: format, lint, types, dead code,
 * sizes. Every step runs, so that one visit shows all there is to mend.
 */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { QUIET, ROOT } from './bundle.ts'
import { checkSizes } from './sizes.ts'

const run = promisify(execFile)

async function step(name: string, command: string, ...args: string[]): Promise<boolean> {
  try {
    await run(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...QUIET, NO_COLOR: '1' },
      maxBuffer: 64 * 1024 * 1024,
    })
    console.log(`ok    ${name}`)
    return true
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    console.error(`FAIL  ${name}\n${stdout}${stderr}`)
    return false
  }
}

// The folder that wrangler.toml names must be there for wrangler to speak of types at all.
mkdirSync(`${ROOT}dist/client`, { recursive: true })

const results = [
  await step('runtime types', 'npm', 'run', 'types'),
  await step('format and lint', 'biome', 'ci', '--error-on-warnings', '.'),
  await step('types: worker', 'tsc', '-p', 'worker'),
  await step('types: client', 'tsc', '-p', 'client'),
  await step('types: test and scripts', 'tsc', '-p', 'test'),
  await step('types: test in workerd', 'tsc', '-p', 'test/tsconfig.workerd.json'),
  await step('dead code', 'knip'),
  await checkSizes(),
]
process.exitCode = results.every(Boolean) ? 0 : 1
