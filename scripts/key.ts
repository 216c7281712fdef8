/**
 * `npm run key -- NAME`: makes an access key. The key goes to whoever shall call, the line into `ACCESS_KEYS`; from
 * the line nobody gets back to the key, so it is shown this once.
 */
import { createHash, randomBytes } from 'node:crypto'

export interface NewKey {
  key: string
  /** `name:sha256hex`, an entry of `ACCESS_KEYS`. */
  entry: string
}

/** 192 bits: no two alike, and none to be guessed. */
const KEY_BYTES = 24

/** @throws {TypeError} for a name that `ACCESS_KEYS` doesn't take */
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
