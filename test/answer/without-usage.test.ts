import { expect, test } from 'vitest'
import { withoutUsage } from '../../worker/answer/without-usage.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { bytesOfFrames, frames } from '../../worker/protocol/frames.ts'
import { splits, streamOf } from '../support/events.ts'
import { chunk, DONE_EVENT, delta, errorForms, event, finish, role, USAGE } from '../support/sse.ts'

async function through(parts: Uint8Array[]): Promise<string> {
  const out = streamOf(parts).pipeThrough(frames()).pipeThrough(withoutUsage()).pipeThrough(bytesOfFrames())
  return Buffer.concat(await Array.fromAsync(out)).toString()
}

const USAGE_CHUNK = event(chunk({}, { choices: [], usage: USAGE }))
/** What else has no choice, or has usage beside one, says something of its own. */
const OTHERS = [
  event(chunk({}, { choices: [], usage: null, prompt_filter_results: [] })),
  event(chunk({ content: 'b' }, { usage: USAGE })),
]

test.each([
  ['\n', ''],
  ['\r\n', ': a comment\r\n\r\n'],
])(
  'the chunk with usage alone goes, and the rest is what it was, with %j, at every split',
  async (end, before) => {
    const written = (events: string[]) => before + events.join('').replaceAll('\n', end)
    const events = [role(), delta('é🎉'), ...OTHERS, finish()]
    const whole = toBytes(written([...events, USAGE_CHUNK, DONE_EVENT]))
    for (const parts of splits(whole)) expect(await through(parts)).toBe(written([...events, DONE_EVENT]))
  },
)

test.each(Object.values(errorForms))('an error is an end, and stays: %s', async (error) => {
  const sent = delta('a') + error
  expect(await through([toBytes(sent)])).toBe(sent)
})

test('an answer without its end is none', async () => {
  await expect(through([toBytes(delta('a') + USAGE_CHUNK)])).rejects.toMatchObject({
    code: 'upstream_truncated',
  })
})
