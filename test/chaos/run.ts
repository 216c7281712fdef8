/**
 * `npm run chaos`: ten minutes in which upstreams, networks, readers, objects, deployments and clocks fail.
 * It prints its seed, what was done, and what was wrong. The plan of a round is the same for the same seed;
 * its timing is the machine's.
 *
 * @example npm run chaos -- --minutes 30 --seed 17
 * @example npm run chaos -- --seed 17 --round 4
 */
import { parseArgs } from 'node:util'
import { inWords, playChaos } from './chaos.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, round: { type: 'string' } },
})

const seed = wholeNumber('seed', Math.floor(Math.random() * 2 ** 31))
const minutes = wholeNumber('minutes', 10)
const only = values.round === undefined ? undefined : wholeNumber('round', 0)
const over = performance.now() + minutes * 60_000

console.log(`Chaos by the seed ${seed}.`)
const { tally, violations } = await playChaos({
  seed,
  rounds: only === undefined ? oneAfterTheOther() : [only],
  isOver: () => performance.now() > over,
  onRound(round, { outcomes, violations }) {
    const wrong = violations.length === 0 ? 'all right' : `${violations.length} wrong`
    console.log(`round ${round}: ${outcomes.length} calls, ${wrong}`)
    for (const violation of violations) console.log(inWords(violation, seed))
  },
})
for (const violation of violations.filter(({ round }) => round === undefined)) {
  console.log(inWords(violation, seed))
}
console.log(`\n${tally.table()}\n`)
console.log(
  `${tally.calls} calls in ${tally.rounds} rounds by the seed ${seed}: ${violations.length} violations`,
)
// At a usual end Node 24 may wait for ever for the handles of connections that were reset.
process.exit(violations.length > 0 ? 1 : 0)

function* oneAfterTheOther(): Generator<number> {
  for (let round = 0; ; round++) yield round
}

function wholeNumber(name: 'minutes' | 'seed' | 'round', otherwise: number): number {
  const number = values[name] === undefined ? otherwise : Number(values[name])
  if (!Number.isInteger(number) || number < 0) throw new RangeError(`--${name} takes a whole number.`)
  return number
}
