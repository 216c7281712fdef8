/** OpenAI's Responses API as a wire format: the answer half. */
import type { AnswerFormat } from '../answer-format.ts'
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
  // Each response has `"error":null`. Inside of a text, quotes are escaped.
  mayBeError: (first) => /event: ?error|"error":\s*[^n\s]|"type":\s*"error"|"failed"/.test(decoded(first)),
  mayEnd: (text) => /event: ?error|"response"|"error"|\[DONE\]/.test(text),
}

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
