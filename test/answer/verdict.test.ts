/** An answer that waits for its question's verdict, and is not shown. */
import { expect, test } from 'vitest'
import { awaitVerdict } from '../../worker/answer/verdict.ts'
import { ApiError } from '../../worker/errors.ts'
import { toBytes } from '../../worker/protocol/encode.ts'

const never = new Promise<undefined>(() => {})

/** An answer of which this much has come, and whose call is aborted once it was read. */
function pending(parts: string[]) {
  const abort = new AbortController()
  const left = new ApiError('caller_left')
  let at = 0
  const rest = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[at++]
        if (part !== undefined) controller.enqueue(toBytes(part))
        else abort.abort(left)
      },
    },
    { highWaterMark: 0 },
  )
  const call = { signal: abort.signal, onLeave: (leave: (reason: ApiError) => void) => leave(left) }
  return { answer: { first: toBytes('first '), rest }, call, left }
}

test.each([
  [['second ', 'third'], 'first second third'],
  [[], 'first '],
])('what had come of it is counted when its caller leaves: %j', async (parts, whole) => {
  const { answer, call, left } = pending(parts)
  let seen = ''
  const see = (bytes: Uint8Array) => {
    seen += new TextDecoder().decode(bytes)
  }
  expect(await awaitVerdict(never, answer, call as never, see)).toBe(left)
  expect(seen).toBe(whole)
})
