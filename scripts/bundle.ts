/** Bundles the Worker as a deployment does, without deploying it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** No questions, no telemetry, no look-ups over the network: these tools run offline and in silence. */
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
 * @param main where it isn't wrangler.toml's: relative to the project
 * @throws with wrangler's words if it can't be built
 */
export async function bundleWorker(outdir = 'dist/worker', main?: string): Promise<string> {
  const args = ['deploy', ...(main === undefined ? [] : [main]), '--dry-run', '--outdir', outdir]
  await promisify(execFile)('wrangler', args, {
    cwd: ROOT,
    env: { ...process.env, ...QUIET },
  })
  return `${ROOT}${outdir}`
}
