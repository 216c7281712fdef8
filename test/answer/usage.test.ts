import { expect, test } from 'vitest'
import { usage } from '../../worker/answer/usage.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { bytesOfFrames, frames } from '../../worker/protocol/frames.ts'
import { splits, streamOf } from '../support/events.ts'

const CHUNK = {
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'a' } }],
}
const SENT = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
const COUNTED = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
const USAGE_CHUNK = { ...CHUNK, choices: [], usage: SENT, obfuscation: 'x' }
const NO_CHOICE = { ...CHUNK, choices: [] }
const DONE = '[DONE]'

/** A count that knows the upstream's usage once it has seen some. */
function count() {
  let sent: object | undefined
  return {
    see(read: { kind: string; chunk?: { usage?: object | null } }) {
      sent = read.chunk?.usage ?? sent
    },
    usage: () =>
      sent
        ? { usage: sent as never, source: 'upstream' as const }
        : { usage: COUNTED, source: 'estimated' as const },
  }
}

async function through(events: unknown[], mark: boolean, parts?: Uint8Array[]) {
  const bytes = toBytes(
    events.map((data) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join(''),
  )
  const out = streamOf(parts ?? [bytes])
    .pipeThrough(frames())
    .pipeThrough(usage(count(), { mark }))
    .pipeThrough(bytesOfFrames())
  const text = (await Array.fromAsync(out)).map((part) => new TextDecoder().decode(part)).join('')
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((event) => event.replace('data: ', ''))
}

test('usage that the upstream sent stays as it is', async () => {
  const events = [CHUNK, USAGE_CHUNK, DONE]
  expect(await through(events, false)).toEqual([JSON.stringify(CHUNK), JSON.stringify(USAGE_CHUNK), DONE])
})

test('usage that it did not send is counted and marked, in a last chunk before [DONE], at every split', async () => {
  const expected = [
    JSON.stringify(CHUNK),
    JSON.stringify({ ...NO_CHOICE, usage: COUNTED, millrace: { usage_source: 'estimated' } }),
    DONE,
  ]
  const bytes = toBytes(`data: ${JSON.stringify(CHUNK)}\n\ndata: [DONE]\n\n`)
  for (const parts of splits(bytes)) expect(await through([], false, parts)).toEqual(expected)
})

test('usage on a chunk that has more to say is not sent twice, unless there is more to put beside it', async () => {
  const finish = { ...CHUNK, usage: SENT }
  expect(await through([finish, DONE], false)).toEqual([JSON.stringify(finish), DONE])
  expect(await through([finish, DONE], true)).toEqual([
    JSON.stringify(finish),
    JSON.stringify({ ...NO_CHOICE, usage: SENT, millrace: { usage_source: 'upstream' } }),
    DONE,
  ])
})

test('the chunk with usage comes last, also where the upstream sends another after it', async () => {
  const moderation = { ...NO_CHOICE, moderation: {}, usage: null }
  expect(await through([CHUNK, USAGE_CHUNK, moderation, DONE], true)).toEqual([
    JSON.stringify(CHUNK),
    JSON.stringify(moderation),
    JSON.stringify({ ...USAGE_CHUNK, millrace: { usage_source: 'upstream' } }),
    DONE,
  ])
})

test('an answer that is not whole gets no usage: an error ends it', async () => {
  await expect(through([CHUNK], true)).rejects.toMatchObject({ code: 'upstream_truncated' })
  const error = { error: { message: 'm' } }
  expect(await through([CHUNK, error], true)).toEqual([JSON.stringify(CHUNK), JSON.stringify(error)])
})
