/** Random cases are the same in each run (vitest.config.ts): a run that fails shows what has changed. */
import fc from 'fast-check'

declare const FUZZ_SEED: number

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: FUZZ_SEED })
