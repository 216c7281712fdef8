/** An upstream for tests of what is done with its answers. */
import { readConfig } from '../../worker/config/config.ts'
import type { KnownUpstream } from '../../worker/config/upstreams.ts'
import type { Upstream } from '../../worker/upstreams/upstream.ts'
import { allWords } from './all-words.ts'

/** What is known of the one of `OPENAI_BASE_URL`. */
export const known = readConfig({ OPENAI_API_KEY: 'k' }).upstream.all[0] as KnownUpstream

/** @param call answers each call */
export const anUpstream = (call: Upstream['call'], name?: string): Upstream => ({
  ...known,
  name,
  host: 'api.example',
  call,
})

/** A holder of a key asks it. */
export const asker = { words: allWords, upstream: known, question: undefined }
