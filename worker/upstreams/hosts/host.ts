/** What is known of a kind of upstream, as data. Each kind is a file beside this one. */
import type { UpstreamForm } from '../../formats/format.ts'

/** What an upstream can be asked for. A wire format's route has the format's name. */
export type Route =
  | 'chat-completions'
  | 'responses'
  | 'embeddings'
  | 'transcriptions'
  | 'images'
  | 'models'
  | 'moderations'

export interface Host extends Omit<UpstreamForm, 'model'> {
  /** Its hosts, with their ports; absent where anybody runs it: then the upstream's name tells. */
  readonly at?: RegExp
  /** The header that carries the key, and what stands before the key in it. */
  readonly keyHeader: readonly [name: string, before: string]
  readonly needsKey: boolean
  /** Whether each streamed answer has its usage where that was asked for. */
  readonly sendsUsage: boolean
  readonly routes: readonly Route[]
}
