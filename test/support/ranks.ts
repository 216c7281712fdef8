/** Packs the tokenizer's ranks, which the Worker under test imports. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ROOT } from '../../scripts/bundle.ts'

export async function setup(): Promise<void> {
  await promisify(execFile)('node', ['scripts/pack-ranks.ts'], { cwd: ROOT })
}
