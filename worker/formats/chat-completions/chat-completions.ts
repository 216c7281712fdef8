/** OpenAI's Chat Completions as a wire format: the answer half. */
import type { AnswerFormat } from '../answer-format.ts'
import { completeWithError } from '../complete-with-error.ts'
import { mayEndUnbegun } from '../end-alone.ts'
import { dataOf } from '../unfinished.ts'
import { createAnswerReader } from './answer-reader.ts'
import { judgedWhole } from './judged.ts'
import { masked } from './masked.ts'
import { emptied, readWhole } from './whole-answer.ts'
import { DONE } from './wire.ts'

export const chatCompletions: AnswerFormat = {
  reader: createAnswerReader,
  readWhole,
  judgedWhole,
  emptied,
  masked,
  completeCut: ({ unfinished }, envelope) => completeWithError(unfinished, envelope),
  isUnterminatedEnd: (unfinished) => dataOf(unfinished)?.text.trim() === DONE,
  mayLackAnswer(first) {
    const text = new TextDecoder().decode(first)
    return text.includes('error') || mayEndUnbegun(text)
  },
  mayEnd: (text) => /\[DONE\]|error/.test(text),
}
