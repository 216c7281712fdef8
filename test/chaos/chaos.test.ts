/** A minute of `npm run chaos`: a round of each kind. */
import { expect, test } from 'vitest'
import { inWords, playChaos } from './chaos.ts'

/** test/vitest.config.ts */
declare const FUZZ_SEED: number

const ROUNDS = [0, 1, 2, 3]

test(`a minute of chaos, by the seed ${FUZZ_SEED}`, { timeout: 300_000 }, async () => {
  const { tally, violations } = await playChaos({ seed: FUZZ_SEED, rounds: ROUNDS })
  console.log(tally.table())
  expect(violations.map((one) => inWords(one, FUZZ_SEED))).toEqual([])
  expect(tally.rounds).toBe(ROUNDS.length)
})
