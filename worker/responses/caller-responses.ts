/**
 * A caller's responses, wherever they are: one that runs or has just ended is a stream, an older one is kept,
 * and one that was only relayed is at its upstream. A part of an object.
 */
import { seeEvents } from '../answer/see-events.ts'
import { ApiError } from '../errors.ts'
import { newResponse } from '../formats/responses/closing.ts'
import { conversationItems } from '../formats/responses/conversation.ts'
import { createSnapshot } from '../formats/responses/snapshot.ts'
import type { Part } from '../objects/part.ts'
import { isRecord, parseJson } from '../protocol/json.ts'
import type { CallerStreams } from '../streams/caller-streams.ts'
import type { KeptStream } from '../streams/journal.ts'
import type { KeepAnswer, StreamEnd } from '../streams/streams.ts'
import type { AtUpstream, KeptResponse, KeptResponses, Place } from './kept-responses.ts'

export interface CallerResponses extends Part, Pick<KeptResponses, 'own'> {
  /** Keeps a stream's answer. */
  keep(ended: StreamEnd, how: KeepAnswer): void
  placeOf(id: string): Place | undefined
  /** The newest state of a response that is here. */
  read(id: string): KeptResponse | ApiError
  /** Ends a running response. @returns its last state */
  cancel(id: string): Promise<KeptResponse | ApiError>
  /** Ends it if it runs, and deletes what is kept of it. */
  forget(id: string): Promise<ApiError | undefined>
  conversation(id: string): readonly unknown[] | AtUpstream | ApiError
}

export function createCallerResponses(kept: KeptResponses, streams: () => CallerStreams): CallerResponses {
  const notFound = () => new ApiError('response_not_found', { param: 'id' })

  function read(id: string): KeptResponse | ApiError {
    const found = streams().read(id)
    const stored = kept.read(id)
    if (found === undefined) return stored ?? notFound()
    const { stream, events } = found
    const response = snapshotOf(events) ?? queued(stream)
    return { input: [], output: [], ...stored, response }
  }

  return {
    own: kept.own,
    keep({ stream, state, lastEvent, upstreamEnd }, { input, expires }) {
      const response = responseIn(lastEvent?.data)
      // Only the upstream's own end has reasoning in the form in which it takes it back. What moderation has
      // ended goes on from what was shown of it.
      const own = state === 'done' ? responseIn(upstreamEnd) : undefined
      const output = conversationItems((own ?? response)?.output)
      kept.keep(stream.id, { response, input: JSON.parse(input), output }, expires)
    },
    placeOf: (id) => (streams().has(id) ? 'here' : kept.placeOf(id)),
    read,
    async cancel(id) {
      const stopped = await streams().stop(id)
      // One that is kept and no stream any more has ended long ago.
      return stopped === undefined || kept.placeOf(id) === 'here' ? read(id) : notFound()
    },
    async forget(id) {
      const stopped = await streams().stop(id)
      if (stopped !== undefined && kept.placeOf(id) === undefined) return notFound()
      streams().forget(id)
      kept.forget(id)
      return undefined
    },
    conversation(id) {
      const found = kept.read(id)
      if (found !== undefined) return [...found.input, ...found.output]
      const place = kept.placeOf(id)
      if (typeof place === 'object') return place
      const code = streams().isRunning(id) ? 'response_in_progress' : 'previous_response_not_found'
      return new ApiError(code, { param: 'previous_response_id' })
    },
    dueAt: kept.dueAt,
    runDueWork: kept.runDueWork,
  }
}

/** The response of a call whose upstream has not said anything yet. */
function queued({ id, model, started }: KeptStream): unknown {
  return { ...newResponse(id, model), created_at: Math.floor(started / 1000), status: 'queued' }
}

function snapshotOf(events: Uint8Array): unknown {
  const snapshot = createSnapshot()
  const see = seeEvents({ read: ({ data }) => parseJson(data) }, { see: snapshot.fold })
  see(events)
  return snapshot.response()
}

/** @param data of an event that ends a response */
function responseIn(data: string | undefined): Record<string, unknown> | undefined {
  const event = data === undefined ? undefined : parseJson(data)
  return isRecord(event) && isRecord(event.response) ? event.response : undefined
}
