/**
 * `npm run key -- NAME`: creates an access key. The key goes to the caller, the printed line into
 * `ACCESS_KEYS`. The line contains only a hash, so the key is shown just this once.
 */
import { createHash, randomBytes } from 'node:crypto'

export interface NewKey {
  key: string
  /** `name:sha256hex`, an entry of `ACCESS_KEYS`. */
  entry: string
}

/** 192 bits: unique, and impossible to guess. */
const KEY_BYTES = 24

/** @throws {TypeError} for a name that `ACCESS_KEYS` doesn't accept */
export function createKey(name: string): NewKey {
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new TypeError('A key needs a name of letters, digits, `.`, `_` and `-`: npm run key -- laptop')
  }
  const key = `mr_${randomBytes(KEY_BYTES).toString('base64url')}`
  return { key, entry: `${name}:${createHash('sha256').update(key).digest('hex')}` }
}

if (import.meta.main) {
  try {
    const { key, entry } = createKey(process.argv[2] ?? '')
    console.log(`The key, for whoever shall call. It is kept nowhere, and not shown again:

  ${key}

The line for ACCESS_KEYS, whose entries are separated by commas (npx wrangler secret put ACCESS_KEYS):

  ${entry}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
