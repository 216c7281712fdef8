/**
 * The endpoints beside conversations: embeddings, transcriptions, pictures. Their answers pass as they come,
 * whatever they are: JSON, text or events. The Worker reads what a request asks for and what its answer cost.
 */
import type { ApiError } from '../../errors.ts'
import type { ModelNames } from '../../tokens/model-name.ts'
import type { FollowedFormat } from '../answer-format.ts'
import type { Question } from '../format.ts'

export interface PassedFormat {
  readonly name: 'embeddings' | 'transcriptions' | 'images'
  /** Of its requests, below the upstream's base address. */
  readonly path: string
  /** Whether its requests are forms with a file, in place of JSON. */
  readonly isForm?: true
  /**
   * What answers hold that can't be judged, in words: a deployment that moderates answers refuses the call.
   */
  readonly unjudged?: string
  /** Whether an answer's usage is the sum of all that it has; otherwise the last one counts. */
  readonly sumsUsage?: true
  /** Checks the fields that cost, or that the guards depend on. All others are left to the upstream. */
  read(fields: Readonly<Record<string, unknown>>): PassedQuestion | ApiError
}

/** A request that was read. */
export interface PassedQuestion
  extends Pick<Question, 'promptField' | 'promptTokens' | 'mostPromptTokens' | 'judgedTexts'> {
  readonly model: string
  /** How a streamed answer is followed; `undefined`: none is asked for. */
  readonly events: FollowedFormat | undefined
  /** Whether the answer is bare text, in place of JSON. */
  readonly isText?: boolean
  /** The field that can't be judged. */
  readonly unjudged?: string
  /**
   * The most tokens that the upstream can bill for the answer, to be reserved.
   *
   * @param mostOfPart for a part of unknown cost; `undefined`: such a request is refused
   */
  mostOutputTokens(names: ModelNames, mostOfPart: number | undefined): number | ApiError
}
