import { createWords } from '../../worker/upstreams/words.ts'

/** What a holder of a key reads of an upstream's errors, where the configuration has no secrets. */
export const allWords = createWords({ values: [], hosts: [], systemPrompt: undefined }).forKeys
