/** Counts the tokens of growing texts in a web worker. */
import cl100k_base from '../../../dist/ranks/cl100k_base.bin?url'
import o200k_base from '../../../dist/ranks/o200k_base.bin?url'
import { encodingFor } from '../../../worker/tokens/chat.ts'
import { scriptUrl } from '../../widget/visitor/trusted-types.ts'
import type { CountReply, CountRequest } from './counting.worker.ts'
import workerUrl from './counting.worker.ts?worker&url'

const RANKS = { o200k_base, cl100k_base }
const trusted = scriptUrl('millrace-counting', workerUrl)

export interface Counting {
  /** Begins a text. The returned function adds a piece and resolves to the text's tokens so far. */
  begin(model: string): (piece: string) => Promise<number>
  /** Terminates the worker and frees its ranks. Pending counts are rejected. */
  end(): void
}

/** Nothing is loaded before the first piece. The worker loads each encoding's ranks once. */
export function startCounting(): Counting {
  let worker: Worker | undefined
  let texts = 0
  const waiting: PromiseWithResolvers<number>[] = []

  function fail(why: string): void {
    for (const { reject } of waiting.splice(0)) reject(new Error(why))
  }

  function start(): Worker {
    const started = new Worker(trusted, { type: 'module' })
    started.addEventListener('message', ({ data }: MessageEvent<CountReply>) => {
      const next = waiting.shift()
      if ('tokens' in data) next?.resolve(data.tokens)
      else next?.reject(new Error(data.failed))
    })
    started.addEventListener('error', () => fail('The counter could not be loaded.'))
    return started
  }

  return {
    begin(model) {
      const text = texts++
      const encoding = encodingFor(model)
      return (piece) => {
        worker ??= start()
        const counted = Promise.withResolvers<number>()
        waiting.push(counted)
        worker.postMessage({ text, piece, encoding, ranks: RANKS[encoding] } satisfies CountRequest)
        return counted.promise
      }
    },
    end() {
      worker?.terminate()
      worker = undefined
      fail('The counter was let go.')
    },
  }
}
