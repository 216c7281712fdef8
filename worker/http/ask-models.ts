/** Asks the upstream for its list of models or, with an id, for that model. */
import type { ApiError } from '../errors.ts'
import { type Answer, askUpstream, createCall } from '../upstreams/call.ts'
import type { UpstreamWords } from '../upstreams/words.ts'
import type { Context } from './context.ts'

interface ModelsRequest {
  id?: string | undefined
  /** What may be passed on of the upstream's words. */
  words: UpstreamWords
  /** How long the whole call may take, in milliseconds. */
  totalMs: number
}

/** Notes for the log what came of it, but for an error's code. */
export async function askForModels(
  c: Context,
  { id, words, totalMs }: ModelsRequest,
): Promise<Answer | ApiError> {
  const { account, config, upstream } = c.var
  const call = createCall(c.req.raw.signal, totalMs)
  const { answer, retries } = await askUpstream({
    host: upstream.host,
    send: (signal) => upstream.models(signal, id),
    stream: false,
    call,
    deadlines: config.deadlines,
    words,
  })
  call.finished()
  account.retries = retries
  if ('first' in answer) account.upstream_status = answer.status
  return answer
}
