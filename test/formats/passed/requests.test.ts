import { describe, expect, test } from 'vitest'
import { ApiError } from '../../../worker/errors.ts'
import { EMBEDDINGS } from '../../../worker/formats/passed/embeddings.ts'
import { IMAGES } from '../../../worker/formats/passed/images.ts'
import type { PassedFormat, PassedQuestion } from '../../../worker/formats/passed/passed-format.ts'
import { TRANSCRIPTIONS } from '../../../worker/formats/passed/transcriptions.ts'
import { dataUrl, wav, wavFormat } from '../../support/pictures.ts'

/** A token a word. */
const words = { count: (text: string) => text.split(' ').length }

function read(format: PassedFormat, fields: Record<string, unknown>): PassedQuestion {
  const question = format.read(fields)
  if (question instanceof ApiError) throw question
  return question
}

/** Every upstream has the same name for it. */
const namesOf = ({ model }: PassedQuestion) => ({ asked: model, there: [model] })

/** Tokens of the prompt, as shown and as reserved, and the most of the answer. */
function tokens(question: PassedQuestion, mostOfPart?: number) {
  const prompt = question.promptTokens('m', words)
  expect(question.mostPromptTokens('m', words, () => undefined)).toBe(prompt)
  return [prompt, question.mostOutputTokens(namesOf(question), mostOfPart)]
}

describe('embeddings', () => {
  test.each<[unknown, prompt: number, judged: string[], unjudged: string | undefined]>([
    ['two words', 2, ['two words'], undefined],
    [['two words', 'one'], 3, ['two words\none'], undefined],
    [[1, 2, 3], 3, [], 'input'],
    [[[1, 2, 3], [4]], 4, [], 'input'],
    [['two words', [4, 5]], 4, ['two words'], 'input'],
  ])('%j', (input, prompt, judged, unjudged) => {
    const question = read(EMBEDDINGS, { model: 'm', input })
    expect(tokens(question)).toEqual([prompt, 0])
    expect(question.judgedTexts(undefined)).toEqual(judged)
    expect([question.unjudged, question.events]).toEqual([unjudged, undefined])
  })
})

describe('transcriptions', () => {
  const file = new Uint8Array(3000)
  const second = new Uint8Array(wav(wavFormat(), Array(48_000).fill(0)))

  test.each<[string, Record<string, unknown>, number]>([
    ['of 3,000 bytes: 3 s at 8 kbit/s', { file }, 32],
    ['of a WAV: as long as it is', { file: second }, 13],
    ['with a prompt', { file, prompt: 'two words' }, 34],
    ['with lists', { file, 'keywords[]': ['one', 'two words'] }, 35],
    ['with a known voice', { file, 'known_speaker_references[]': [dataUrl(Array(3000).fill(0))] }, 64],
  ])('%s', (_, fields, prompt) => {
    const question = read(TRANSCRIPTIONS, { model: 'm', ...fields })
    const [all, output] = tokens(question) as [number, number]
    expect(all).toBe(prompt)
    expect(output).toBeLessThanOrEqual(prompt)
  })

  test('what it says is judged, and its sounds are not', () => {
    const question = read(TRANSCRIPTIONS, {
      ...{ file, model: 'm', stream: 'true', response_format: 'json', prompt: 'Hi', language: 'en' },
      'known_speaker_references[]': [dataUrl([1, 2, 3])],
    })
    expect(question.judgedTexts(undefined)).toEqual(['Hi\nen'])
  })

  test.each([
    [{}, false, false],
    [{ stream: 'true' }, true, false],
    [{ stream: 'false', response_format: 'srt' }, false, true],
  ])('%j', (fields, streams, isText) => {
    const question = read(TRANSCRIPTIONS, { file, model: 'm', ...fields })
    expect([question.events !== undefined, question.isText]).toEqual([streams, isText])
  })

  test.each(['Model', 'model[]', 'MODEL[0]', 'stream.x', 'file[]', 'ſtream'])('%s is refused', (name) => {
    expect(TRANSCRIPTIONS.read({ file, model: 'm', [name]: 'x' })).toMatchObject({
      code: 'invalid_parameter',
    })
  })
})

describe('pictures', () => {
  const model = 'gpt-image-1.5'
  test.each<[Record<string, unknown>, number]>([
    [{}, 6240],
    [{ quality: 'low', size: '1024x1024' }, 272],
    [{ quality: 'low', size: '1024x1024', n: 4 }, 1088],
    [{ quality: 'low', size: '1024x1024', n: null, partial_images: 3 }, 572],
    [{ quality: 'low', size: '1024x1024', output_format: 'gif' }, 2448],
    [{ quality: 'low', size: '1024x1024', output_format: 'gif', frame_count: 2 }, 544],
  ])('%j: %i tokens', (fields, output) => {
    const question = read(IMAGES, { model, prompt: 'two words', ...fields })
    expect(tokens(question)).toEqual([2, output])
    expect(question.judgedTexts(undefined)).toEqual(['two words'])
  })

  test('cost the most by any of the model’s names at its upstreams', () => {
    const question = read(IMAGES, { model: 'paint', prompt: 'p', quality: 'low', size: '1024x1024' })
    const most = (...there: string[]) => question.mostOutputTokens({ asked: 'paint', there }, undefined)
    expect(most('gpt-image-1.5')).toBe(272)
    expect(most('gpt-image-1.5', 'gpt-image-1-mini')).toBe(672)
    expect(most('gpt-image-1.5', 'paint')).toMatchObject({ code: 'cost_unknown' })
  })

  test.each([[{ model: 'gpt-image-9' }], [{ quality: 'max' }], [{ output_format: 'svg' }]])(
    '%j: no bound is known, unless the owner states one',
    (fields) => {
      const question = read(IMAGES, { model, prompt: 'p', n: 2, ...fields })
      expect(question.mostOutputTokens(namesOf(question), undefined)).toMatchObject({ code: 'cost_unknown' })
      expect(question.mostOutputTokens(namesOf(question), 9000)).toBe(18_000)
    },
  )
})
