/**
 * `npm run check`: every check that doesn't run the product: format, lint, types, dead code, sizes. All
 * steps run even if one fails, so that one run shows every problem.
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

// wrangler generates types only if the folder that wrangler.toml names exists.
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
