import type { ResponseBody } from '../../worker/delivery/response-body.ts'

/** A response body that records what was sent, and how it ended. */
export interface FakeBody extends ResponseBody {
  readonly sent: string
  readonly end: 'open' | 'closed' | Error
}

export function fakeBody(): FakeBody {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  let unsent: Uint8Array[] = []
  let sent = Buffer.alloc(0)
  let hasBegun = false
  let end: FakeBody['end'] = 'open'

  function flush(): undefined {
    if (unsent.length === 0) return
    sent = Buffer.concat([sent, ...unsent])
    unsent = []
    hasBegun = true
    begin()
  }

  return {
    readable: new ReadableStream(),
    begun,
    get hasBegun() {
      return hasBegun
    },
    get isEmpty() {
      return !hasBegun && unsent.length === 0
    },
    get bytes() {
      return sent.length
    },
    get sent() {
      return sent.toString()
    },
    get end() {
      return end
    },
    write: (bytes) => void unsent.push(bytes),
    flush,
    async close() {
      flush()
      hasBegun = true
      begin()
      end = 'closed'
    },
    async breakOff(error) {
      flush()
      end = error
    },
  }
}
