/**
 * What a prompt costs that isn't only text: shown, and at the most. Texts: admission/prompt-limit.test.ts.
 */
import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { chatRequests } from '../../../worker/formats/chat-completions/request.ts'
import type { VisitorRules } from '../../../worker/formats/format.ts'
import { ASSUMED_PART } from '../../../worker/limits.ts'
import { mostOf } from '../../support/most-of.ts'
import { base64, dataUrl, png, wav, wavFormat } from '../../support/pictures.ts'
import { ENCODINGS } from '../../tokens/encodings.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const picture = (url: string, detail?: unknown) => ({ type: 'image_url', image_url: { url, detail } })
const SMALL = dataUrl(png(512, 512))
const FAR = 'https://a.example/a.png'
const sound = {
  type: 'input_audio',
  input_audio: { data: base64(wav(wavFormat(), Array(48_000).fill(0))), format: 'wav' },
}
const pdf = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } }
const spoken = { role: 'assistant', audio: { id: 'audio_1' } }

function read(messages: object[], fields: object = {}, visitor?: VisitorRules) {
  const question = chatRequests.read({ ...fields, messages }, visitor)
  if (question instanceof ApiError) throw question
  return question
}
const user = (...content: unknown[]) => ({ role: 'user', content })
const NOTHING = read([user()]).promptTokens('gpt-4o', counter)
const shown = (model: string, part: unknown) => read([user(part)]).promptTokens(model, counter) - NOTHING
const most = (model: string, part: unknown, mostOfPart?: number) =>
  Number(read([user(part)]).mostPromptTokens(model, counter, mostOf(model, mostOfPart))) - NOTHING

describe('a part that is not text', () => {
  test.each<[string, model: string, part: object, shown: number, most: number]>([
    ['a picture of known size', 'gpt-4o', picture(SMALL), 255, 255],
    ['and its detail', 'gpt-4o', picture(SMALL, 'low'), 85, 85],
    ['and a dear model', 'gpt-4o-mini', picture(SMALL), 8500, 8500],
    ['and its address alone', 'gpt-4o', { type: 'image_url', image_url: SMALL }, 255, 255],
    ['a part without a type', 'gpt-4o', { image_url: { url: SMALL } }, 255, 255],
    ['a picture elsewhere', 'gpt-4o', picture(FAR), 765, 1445],
    ['a picture elsewhere for a dear model', 'gpt-4o-mini', picture(FAR), 25_501, 48_169],
    ['a picture that lies about its size', 'gpt-4o', picture(SMALL.slice(0, 40)), 765, 1445],
    ['no picture at all', 'gpt-4o', { type: 'image_url' }, 765, 1445],
    ['a sound', 'gpt-audio', sound, 13, 13],
  ])('%s, for %s', (_, model, part, assumed, bound) => {
    expect([shown(model, part), most(model, part)]).toEqual([assumed, bound])
  })

  test.each<[string, model: string, part: object, shown: number]>([
    ['a file', 'gpt-4o', pdf, ASSUMED_PART.tokens.file],
    ['a sound for a model that does not hear', 'gpt-4o', sound, ASSUMED_PART.tokens.sound],
    [
      'a sound of another kind',
      'gpt-audio',
      { type: 'input_audio', input_audio: { data: 'T2dnUw==' } },
      1000,
    ],
    ['a sound without data', 'gpt-audio', { type: 'input_audio', input_audio: 7 }, 1000],
    ['a picture for an unknown model', 'llava', picture(SMALL), ASSUMED_PART.tokens.picture],
    ['a part of an unknown kind', 'gpt-4o', { type: 'video_url', video_url: { url: FAR } }, 765],
    ['such a part without a type', 'gpt-4o', { video_url: { url: FAR } }, 765],
    [
      'a part named as the member for spoken answers',
      'gpt-audio',
      { type: 'audio', audio: { id: '1' } },
      765,
    ],
  ])('%s: has no known bound, for %s', (_, model, part, assumed) => {
    expect(shown(model, part)).toBe(assumed)
    const refused = read([
      { role: 'user', content: 'hi' },
      user({ type: 'text', text: 'hi' }, part),
    ]).mostPromptTokens(model, counter, mostOf(model))
    expect(refused).toMatchObject({ code: 'cost_unknown', status: 400 })
    expect((refused as ApiError).envelope().error).toMatchObject({
      type: 'invalid_request_error',
      param: 'messages[1].content[1]',
    })
    expect(most(model, part, 5000)).toBe(5000)
  })

  test('an answer that was spoken counts as the longest one', () => {
    const question = read([spoken])
    const text =
      read([{ role: 'assistant' }]).promptTokens('gpt-audio', counter) +
      counter.count(JSON.stringify(spoken.audio))
    expect(question.mostPromptTokens('gpt-audio', counter, mostOf('gpt-audio'))).toBe(text + 16_384)
    const refused = question.mostPromptTokens('gpt-4o', counter, mostOf('gpt-4o'))
    expect((refused as ApiError).envelope().error.param).toBe('messages[0].audio')
    // Its sound is not read as text.
    const whole = read([{ ...spoken, audio: { ...spoken.audio, data: 'A'.repeat(10_000) } }])
    expect(whole.mostPromptTokens('gpt-audio', counter, mostOf('gpt-audio'))).toBe(text + 16_384)
  })

  test('is named by its place in the visitor’s own messages', () => {
    const visitor = { systemPrompt: 'Sell shoes.', fields: new Set(['file']) }
    const refused = read([user(pdf)], {}, visitor).mostPromptTokens('gpt-4o', counter, mostOf('gpt-4o'))
    expect((refused as ApiError).envelope().error.param).toBe('messages[0].content[0]')
  })
})

describe('text in a member that is not known here', () => {
  const text = 'Ships sail the seas.'
  const count = (value: unknown) => counter.count(JSON.stringify(value))
  test.each<[string, object, object, unknown]>([
    ['of the request', {}, { documents: [{ text }] }, [{ text }]],
    ['of the request, as text', {}, { instructions: text }, text],
    ['of a part', { type: 'text', text: '', cite: { text } }, {}, { text }],
    ['of a part that is no text', { type: 'text', text: [text] }, {}, [text]],
    ['of a picture', { ...picture(FAR, 'low'), caption: text }, {}, text],
  ])('counts, %s', (_, part, fields, value) => {
    const bare = 'image_url' in part ? 85 : 0
    const tokens = read([user(part)], fields).mostPromptTokens('gpt-4o', counter, mostOf('gpt-4o'))
    expect(tokens).toBe(NOTHING + bare + count(value))
  })

  test('is nothing that only the upstream reads', () => {
    const fields = { metadata: { text }, user: text, top_k: 5, demo_speed: 2, modalities: ['text', 'audio'] }
    expect(read([user()], fields).mostPromptTokens('gpt-4o', counter, mostOf('gpt-4o'))).toBe(NOTHING)
  })

  test('of the request is reserved, and not shown as used', () => {
    expect(read([user()], { instructions: text }).promptTokens('gpt-4o', counter)).toBe(NOTHING)
  })
})
