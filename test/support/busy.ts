/**
 * Keeps each core of the machine busy for a time, to show which tests fail while another program uses the
 * cores.
 *
 * @example
 *   node test/support/busy.ts 600 & npm test
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

const seconds = Number(process.argv[2] ?? 60)
if (!(seconds > 0)) throw new TypeError('Say for how many seconds, such as: node test/support/busy.ts 600')

const spin = `const until = Date.now() + ${seconds * 1_000}; while (Date.now() < until);`
for (let core = 0; core < availableParallelism(); core++) new Worker(spin, { eval: true })
