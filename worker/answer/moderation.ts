/**
 * Lets out of a streamed answer what may be shown (worker/moderation/). A stage for answers that are moderated as they come.
 *
 * A flagged answer ends with `finish_reason: "content_filter"` and `[DONE]`; one that nobody could judge, with an error.
 */
import { ApiError } from '../errors.ts'
import {
  createModeration,
  type ModerationOptions,
  type Outcome,
  type Withheld,
} from '../moderation/moderation.ts'
import { type Frame, newFrame } from '../protocol/frames.ts'
import { DONE, type EndState, type Usage, type UsageSource } from '../protocol/wire.ts'

export interface Moderated extends Omit<ModerationOptions<Frame>, 'release'> {
  /** Whether an answer that is ended here gets a last chunk with its state, or that and its usage. It gets one anyhow if there is text to withdraw. */
  tell?: 'state' | (() => { usage: Usage; source: UsageSource }) | undefined
  /** Told as soon as it is known, for the upstream's call to be aborted, and for the account. */
  onEnd?(outcome: Outcome): void
}

/**
 * @returns a transform that errors with an `ApiError` where nothing can be said in the stream: before its first frame, and
 *   where the upstream ended without its `[DONE]`
 */
export function moderation({ tell, onEnd, ...options }: Moderated): TransformStream<Frame, Frame> {
  /** What may go out and was not yet asked for. */
  const out: Frame[] = []
  let begun = false
  /** Why the upstream ended, where it didn't by itself; and why this stage does. */
  let brokeOff: unknown
  let failure: unknown
  let over = false
  let changed = Promise.withResolvers<void>()
  let input: WritableStreamDefaultController | undefined

  function change(): void {
    changed.resolve()
    changed = Promise.withResolvers()
  }

  const moderation = createModeration<Frame>({
    ...options,
    release(frames) {
      begun = true
      out.push(...frames)
      change()
    },
  })

  void moderation.ended.then((outcome) => {
    onEnd?.(outcome)
    // What still comes is of no use: the pipe into this stage ends.
    if (outcome.state !== 'passed') input?.error(outcome)
    else if (!outcome.told) failure = brokeOff ?? new ApiError('upstream_truncated')
    if (outcome.state === 'flagged') {
      out.push(...outcome.finish.map(newFrame), ...lastChunk(outcome, 'moderated'), newFrame(DONE))
    }
    if (outcome.state === 'unavailable') {
      const error = new ApiError('moderation_unavailable', { cause: outcome.why })
      // With nothing sent yet it can still be a status.
      if (!begun) failure = error
      else out.push(...lastChunk(outcome, 'failed'), newFrame(error.envelope()))
    }
    over = true
    change()
  })

  function lastChunk({ last, retract }: Withheld, state: EndState): Frame[] {
    if (tell === undefined && retract === undefined) return []
    const { usage, source } = typeof tell === 'function' ? tell() : {}
    const millrace = { state, ...(source && { usage_source: source }), ...(retract && { retract }) }
    return [newFrame({ ...last, ...(usage && { usage }), millrace })]
  }

  return {
    writable: new WritableStream({
      start(controller) {
        input = controller
      },
      async write(frame) {
        await moderation.push(frame, frame.event)
        // A reader that takes its time holds the upstream up, not the memory.
        while (out.length > 0 && !over) await changed.promise
      },
      async close() {
        await moderation.end()
      },
      async abort(reason) {
        brokeOff = reason
        await moderation.end()
      },
    }),
    readable: new ReadableStream(
      {
        async pull(controller) {
          while (out.length === 0 && !over) await changed.promise
          const frame = out.shift()
          change()
          if (frame !== undefined) controller.enqueue(frame)
          else if (failure !== undefined) controller.error(failure)
          else controller.close()
        },
        cancel: () => moderation.stop(),
      },
      { highWaterMark: 0 },
    ),
  }
}
