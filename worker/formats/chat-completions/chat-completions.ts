/** OpenAI's Chat Completions as a wire format: the answer half. */
import type { AnswerFormat } from '../answer-format.ts'
import { createAnswerReader } from './answer-reader.ts'
import { completeWithError, isUnterminatedDone } from './complete-cut.ts'
import { judgedWhole } from './judged.ts'
import { masked } from './masked.ts'
import { emptied, readWhole } from './whole-answer.ts'

export const chatCompletions: AnswerFormat = {
  reader: createAnswerReader,
  readWhole,
  judgedWhole,
  emptied,
  masked,
  completeCut: ({ unfinished }, envelope) => completeWithError(unfinished, envelope),
  isUnterminatedEnd: isUnterminatedDone,
  mayBeError: (first) => new TextDecoder().decode(first).includes('error'),
  mayEnd: (text) => /\[DONE\]|error/.test(text),
}
