/**
 * A moderation API over real HTTP, on 127.0.0.1, that fails on command.
 *
 * @example
 *   const server = await startModeration()
 *   server.flag((text) => text.includes('bomb'))
 *   server.next(failing(429, {}, { 'retry-after': '1' }), garbled)
 *   …calls to `server.url`…
 *   server.inputs // the texts of each call
 */
import { inOrder, type Script, wait } from './script.ts'
import { json } from './scripts.ts'
import { type Call, startUpstream, type Upstream } from './upstream.ts'

export interface ModerationServer {
  /** The address of the endpoint itself. */
  readonly url: string
  readonly upstream: Upstream
  /** The texts of each call, in order. */
  readonly inputs: string[][]
  /** The greatest number of calls at once. */
  readonly mostAtOnce: number
  /** Answers the next calls with these scripts instead of a verdict. */
  next(...scripts: Script[]): void
  /** From now on flags texts that match; each verdict takes `delayMs`. */
  flag(isFlagged: (text: string) => boolean, delayMs?: number): void
  clear(): Promise<void>
  stop(): Promise<void>
}

export async function startModeration(): Promise<ModerationServer> {
  const upstream = await startUpstream()
  let isFlagged: (text: string) => boolean = () => false
  let delayMs = 0
  let atOnce = 0
  let most = 0
  const serve: Script = async (reply) => {
    most = Math.max(most, ++atOnce)
    reply.response.once('close', () => atOnce--)
    await inOrder(...(delayMs > 0 ? [wait(delayMs)] : []), verdict(isFlagged))(reply)
  }
  upstream.when(() => serve)
  return {
    url: `${upstream.url}/v1/moderations`,
    upstream,
    get inputs() {
      return upstream.calls.map(textsOf)
    },
    get mostAtOnce() {
      return most
    },
    next: upstream.next,
    flag(texts, ms = 0) {
      isFlagged = texts
      delayMs = ms
    },
    async clear() {
      await upstream.clear()
      isFlagged = () => false
      delayMs = most = 0
      upstream.when(() => serve)
    },
    stop: upstream.stop,
  }
}

/** A verdict on each text of the call, in OpenAI's format. */
export function verdict(isFlagged: (text: string) => boolean): Script {
  return (reply) =>
    json({
      id: 'modr-test',
      model: reply.call.request.model,
      results: textsOf(reply.call).map((text) => result(isFlagged(text))),
    })(reply)
}

/**
 * The same, but what is flagged is told only after `give`: a test can see first what is shown until then.
 *
 * @example
 *   const { script, give } = heldVerdict(isBad)
 */
export function heldVerdict(isFlagged: (text: string) => boolean): { script: Script; give(): void } {
  const { promise: given, resolve: give } = Promise.withResolvers<void>()
  const script: Script = async (reply) => {
    if (textsOf(reply.call).some(isFlagged)) await given
    await verdict(isFlagged)(reply)
  }
  return { script, give }
}

export const isModeration = ({ path }: Call) => path === '/v1/moderations'

function textsOf({ request: { input } }: Call): string[] {
  return Array.isArray(input) ? input : [String(input)]
}

function result(flagged: boolean) {
  return {
    flagged,
    categories: { violence: flagged, harassment: false },
    category_scores: { violence: flagged ? 0.98 : 0.01, harassment: 0.01 },
  }
}

/** Answers of a moderation API that are no verdict. */
export const garbage: Record<string, Script> = {
  'no JSON': json('not an object'),
  'no results': json({ results: [] }),
  'results that say nothing': json({ results: [{ categories: {} }] }),
  'a verdict that is no boolean': json({ results: [{ flagged: 'no' }] }),
  'an error with status 200': json({ error: { message: 'm' } }),
}
