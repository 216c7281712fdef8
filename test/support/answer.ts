/** Runs the answer engine on bytes from the test, into a sink that records. */
import type { Chunks } from '../../worker/answer/chunks.ts'
import type { AnswerEnd } from '../../worker/answer/end.ts'
import { type AnswerItem, type AnswerRun, type Last, runAnswer } from '../../worker/answer/engine.ts'
import { createUsageCount } from '../../worker/answer/usage.ts'
import type { ApiError } from '../../worker/errors.ts'
import { chatCompletions } from '../../worker/formats/chat-completions/chat-completions.ts'
import { errorInStream } from '../../worker/upstreams/refusal.ts'
import { asker } from './an-upstream.ts'
import { words } from './words.ts'

/** What the sinks of a relay, a terminal and a journal accept. */
const TAKES = {
  relay: { otherBytes: true, largeEvents: 'pass' },
  terminal: { otherBytes: false, largeEvents: 'skip' },
  journal: { otherBytes: false, largeEvents: 'refuse' },
} as const

export interface Coming extends Partial<Omit<AnswerRun, 'sink' | 'chunks' | 'signal' | 'abort'>> {
  /** The kind of sink. */
  to?: keyof typeof TAKES
  /** After the last part: the end, this failure, or silence until the call is aborted. */
  after?: 'end' | 'silence' | Error
  call?: AbortController
  write?(item: AnswerItem): void
  flush?(): Promise<void> | undefined
}

export interface Came {
  end: AnswerEnd
  /** The data of the written events, in order. */
  data: string[]
  /** All written bytes, including those of the upstream's end. */
  bytes: Uint8Array
  last: Last
  /** How many parts were requested. */
  reads: number
  /** Whether the engine cancelled the upstream's body. */
  cancelled: boolean
}

export interface Started {
  call: AbortController
  items: AnswerItem[]
  readonly reads: number
  came: Promise<Came>
}

/** Starts a run; `items` has everything written so far. */
export function startAnswer(parts: Iterable<Uint8Array>, coming: Coming = {}): Started {
  const { to = 'relay', after = 'end', call = new AbortController(), write, flush, ...fields } = coming
  const items: AnswerItem[] = []
  const source = [...parts]
  let last: Last | undefined
  let reads = 0
  let cancelled = false
  const chunks: Chunks = {
    async read() {
      reads++
      const part = source.shift()
      if (part !== undefined) return part
      if (after === 'end') return undefined
      if (after !== 'silence') throw after
      return new Promise((_, reject) => {
        if (call.signal.aborted) reject(call.signal.reason)
        call.signal.addEventListener('abort', () => reject(call.signal.reason))
      })
    },
    hurry() {},
    cancel() {
      cancelled = true
    },
  }
  const usage = createUsageCount(() => 7, words)
  const ended = runAnswer({
    format: chatCompletions,
    reader: chatCompletions.reader('gpt-test'),
    chunks,
    signal: call.signal,
    abort: (reason: ApiError) => call.abort(reason),
    observers: [usage],
    hidesUsage: false,
    moderate: undefined,
    tell: undefined,
    usage,
    timing: () => undefined,
    onUpstreamEnd() {},
    errorOf: (wire) => errorInStream(wire, asker),
    ...fields,
    sink: {
      takes: TAKES[to],
      write(item) {
        write?.(item)
        items.push(item)
      },
      flush: () => flush?.(),
      async end(how) {
        last = how
      },
    },
  })
  async function whole(): Promise<Came> {
    const end = await ended
    if (last === undefined) throw new Error('The sink was not told of the end.')
    const bytes = Buffer.concat([...items.map((item) => item.bytes), last.endBytes ?? new Uint8Array()])
    const data = items.flatMap(({ event }) => event?.data ?? [])
    return { end, data, bytes, last, reads, cancelled }
  }
  return {
    call,
    items,
    get reads() {
      return reads
    },
    came: whole(),
  }
}

/** Runs the engine to the answer's end. */
export const runParts = (parts: Iterable<Uint8Array>, coming?: Coming): Promise<Came> =>
  startAnswer(parts, coming).came
