/** Calls whose answer passes as it comes: embeddings, transcriptions, pictures. */
import { readPassedRequest } from '../admission/passed-body.ts'
import { pass } from '../answer/pass.ts'
import { ApiError } from '../errors.ts'
import type { PassedFormat } from '../formats/passed/passed-format.ts'
import { answerCall } from './chat.ts'
import type { Context } from './context.ts'
import { readThrough } from './question.ts'
import { refuse } from './respond.ts'

export function passOnAnswer(format: PassedFormat): (c: Context) => Promise<Response> {
  return async (c) => {
    const { moderation } = c.var
    if (moderation.output && format.unjudged !== undefined) return refuse(c, notShown(format.unjudged))
    const call = await readThrough(c, (request, rules) => readPassedRequest(request, rules, format))
    if (call instanceof ApiError) return refuse(c, call)
    const { unjudged } = call.question
    if (moderation.input && unjudged !== undefined) return refuse(c, notAsked(unjudged))
    return answerCall(c, call, pass)
  }
}

/** What can't be judged is neither shown nor asked, where that is what the owner wants judged. */
const notShown = (what: string) =>
  new ApiError('route_not_allowed', { message: `${what} can't be judged, and answers are moderated here.` })
const notAsked = (param: string) =>
  new ApiError('invalid_parameter', {
    message: `\`${param}\` must be text: numbers can't be judged, and questions are moderated here.`,
    param,
  })
