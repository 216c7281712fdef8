/** `POST /v1/audio/transcriptions`: a form with a recording, for its words, streamed or not. */
import { ApiError } from '../../errors.ts'
import { openBytes, openDataUrl } from '../../tokens/encoded-bytes.ts'
import { recordingTokens } from '../../tokens/sound-tokens.ts'
import { is, model, name } from '../shape.ts'
import { eventsUntil } from './events.ts'
import type { PassedFormat } from './passed-format.ts'
import { questionOf, wrongField } from './question.ts'

const READ = {
  file: is('a file', (it) => it instanceof Uint8Array),
  model,
  stream: is('true or false', (it) => it === 'true' || it === 'false'),
  response_format: name,
}

/** Formats that are no JSON. */
const TEXTS = ['text', 'srt', 'vtt']

export const TRANSCRIPTIONS: PassedFormat = {
  name: 'transcriptions',
  path: '/audio/transcriptions',
  isForm: true,
  unjudged: 'Transcripts',
  read(fields) {
    const wrong = wrongField(fields, ['file', 'model'], READ)
    if (wrong !== undefined) return wrong
    const { file, model, stream, response_format: format, ...others } = fields
    for (const [name, value] of Object.entries(others)) {
      // Some servers take `model[]` for `model`, and a second file would cost what is not put aside.
      const isOdd = value instanceof Uint8Array || Object.hasOwn(READ, name.replace(/\W.*/, '').toLowerCase())
      if (isOdd)
        return new ApiError('invalid_parameter', { message: `\`${name}\` is not taken here.`, param: name })
    }
    const given = Object.values(others).flat() as string[]
    // A speaker's voice, to be known again.
    const voices = given.map(openDataUrl).filter((it) => it !== undefined)
    const recordings = [openBytes(file as Uint8Array), ...voices]
    const recorded = recordings.reduce((sum, one) => sum + recordingTokens(one), 0)
    return questionOf({
      model: model as string,
      promptField: 'file',
      texts: given.filter((it) => openDataUrl(it) === undefined),
      beside: recorded,
      isText: TEXTS.includes(format as string),
      events: stream === 'true' ? eventsUntil('transcript.text.done') : undefined,
      // Speech has fewer tokens a second than its recording.
      mostOutputTokens: () => recorded,
    })
  },
}
