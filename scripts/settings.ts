/**
 * Reads the configuration of a local start: wrangler.toml's `[vars]`, then `.dev.vars`, then the
 * environment, which wins.
 */
import { unstable_getVarsForDev, unstable_readConfig } from 'wrangler'
import { SETTINGS } from '../worker/config/settings.ts'
import { KEY_PREFIX } from '../worker/config/upstreams.ts'

/** @param config the path of a wrangler.toml */
export function readSettings(
  config: string,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { vars } = unstable_readConfig({ config })
  const ofFiles = unstable_getVarsForDev(config, undefined, vars, undefined, true)
  const settings: Record<string, string> = {}
  const keys = Object.keys({ ...ofFiles, ...environment }).filter((name) => name.startsWith(KEY_PREFIX))
  for (const name of [...Object.keys(SETTINGS), ...keys]) {
    const value = environment[name] ?? ofFiles[name]?.value
    if (typeof value === 'string') settings[name] = value
  }
  return settings
}
