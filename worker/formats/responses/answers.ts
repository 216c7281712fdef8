/** OpenAI's Responses API as a wire format: the answer half. */
import type { AnswerFormat } from '../answer-format.ts'
import { mayEndUnbegun } from '../end-alone.ts'
import { createAnswerReader } from './answer-reader.ts'
import { completeCut, isUnterminatedEnd } from './complete-cut.ts'
import { stripped } from './strip.ts'
import { emptied, judgedWhole, masked, readWhole } from './whole-answer.ts'

export const responsesAnswers: AnswerFormat = {
  reader: createAnswerReader,
  readWhole,
  judgedWhole,
  stripped,
  emptied,
  masked,
  completeCut,
  isUnterminatedEnd,
  mayLackAnswer(first) {
    const text = new TextDecoder().decode(first)
    // Each response has `"error":null`. Inside of a text, quotes are escaped.
    const isError = /event: ?error|"error":\s*[^n\s]|"type":\s*"error"|"failed"/.test(text)
    return isError || mayEndUnbegun(text)
  },
  mayEnd: (text) => /event: ?error|"response"|"error"|\[DONE\]/.test(text),
}
