/** Bundles the Worker as a deployment does, without deploying it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** No questions, no telemetry and no network: these tools run offline and print nothing. */
export const QUIET = {
  CI: '1',
  DO_NOT_TRACK: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
}

/**
 * @param outdir relative to the project; `index.js` is the entry
 * @param main relative to the project; by default wrangler.toml's
 * @throws with wrangler's output if the build fails
 */
export async function bundleWorker(outdir = 'dist/worker', main?: string): Promise<string> {
  // Wrangler lists the assets, though nothing is uploaded. dist/client may be half built at this moment, or
  // missing.
  const assets = ['--assets', 'client/public']
  const entry = main === undefined ? [] : [main]
  const args = ['deploy', ...entry, ...assets, '--dry-run', '--outdir', outdir]
  await promisify(execFile)('wrangler', args, {
    cwd: ROOT,
    env: { ...process.env, ...QUIET },
  })
  return `${ROOT}${outdir}`
}
