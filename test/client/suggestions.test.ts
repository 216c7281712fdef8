/** Suggestions at an answer's end: taken off as they come, whatever the pieces, and never seen as text. */
import { describe, expect, test } from 'vitest'
import type { AnswerChunk, StreamFormat } from '../../client/stream/stream-format.ts'
import { withSuggestions } from '../../client/stream/suggestions.ts'
import { withdraw } from '../../client/stream/withdraw.ts'
import { chunk } from './bodies.ts'

/** Its events are chunks, as JSON. */
const PLAIN = {
  createReader: () => (event) => ({ kind: 'chunk', chunk: JSON.parse(event.data) }),
} as Pick<StreamFormat, 'createReader'> as StreamFormat

const ended = (finish_reason = 'stop'): AnswerChunk => ({
  ...chunk(''),
  choices: [{ index: 0, delta: {}, finish_reason }],
})

/** @returns the text after each chunk, and what the chunks say besides */
function read(chunks: AnswerChunk[]) {
  const reader = withSuggestions(PLAIN).createReader()
  let text = ''
  const frames: string[] = []
  let suggestions: string[] | undefined
  let end: string | null | undefined
  for (const chunk of chunks) {
    const meaning = reader({ data: JSON.stringify(chunk) } as never)
    if (!('chunk' in meaning) || !meaning.chunk) continue
    const [choice] = meaning.chunk.choices
    text = withdraw(text + (choice?.delta.content ?? ''), meaning.chunk)
    frames.push(text)
    suggestions = meaning.chunk.suggestions ?? suggestions
    end = choice?.finish_reason ?? end
  }
  return { text, frames, suggestions, end }
}

/** In pieces of so many characters. */
function pieces(text: string, size: number): AnswerChunk[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    chunk(text.slice(i * size, (i + 1) * size)),
  )
}
const SIZES = [1, 2, 3, 5, 7, 11, 1000]

const BLOCK = '<suggestions>["Why?", "How “so”?", "And \\"then\\"?"]</suggestions>'
const THREE = ['Why?', 'How “so”?', 'And "then"?']

describe.each(SIZES)('in pieces of %i', (size) => {
  const whole = (text: string, last = ended()) => read([...pieces(text, size), last])

  test.each<[string, string, string, string[]]>([
    ['a line of its own', `Answer.\n\n${BLOCK}`, 'Answer.', THREE],
    ['with space after it', `Answer.\n${BLOCK}\n\n `, 'Answer.', THREE],
    ['on the answer’s last line', `Answer. ${BLOCK}`, 'Answer.', THREE],
    ['alone', BLOCK, '', THREE],
    ['written in lines', 'A.\n<suggestions>\n[\n  "B?",\n  "C?"\n]\n</suggestions>', 'A.', ['B?', 'C?']],
    ['after text like it', `if a < b, <sugg or <b>.\n${BLOCK}`, 'if a < b, <sugg or <b>.', THREE],
    ['after another one', `${BLOCK} was it. ${BLOCK}`, `${BLOCK} was it.`, THREE],
    ['with more than three', 'A.<suggestions>["1","2","3","4"]</suggestions>', 'A.', ['1', '2', '3']],
    ['twice the same, an empty one', 'A.<suggestions>["1"," 1 ",""]</suggestions>', 'A.', ['1']],
    ['one that is too long', `A.<suggestions>["${'x'.repeat(201)}","1"]</suggestions>`, 'A.', ['1']],
    ['none', 'A.<suggestions>[]</suggestions>', 'A.', []],
  ])('%s: taken off, and in no frame', (_, answer, text, suggestions) => {
    const seen = whole(answer)
    expect([seen.text, seen.suggestions]).toEqual([text, suggestions])
    for (const frame of seen.frames) expect(text.startsWith(frame)).toBe(true)
  })

  test.each([
    ['none', 'Answer.'],
    ['space at the end', 'Answer. \n\n'],
    ['a tag alone', 'Write <suggestions>'],
    ['another tag', 'Answer. <suggestion>["a"]</suggestion>'],
    ['no list', 'Answer. <suggestions>Why?</suggestions>'],
    ['other things than texts', 'Answer. <suggestions>["a", 1]</suggestions>'],
    ['text behind it', `Answer. ${BLOCK} And more.`],
    ['a wrong end', 'Answer. <suggestions>["a"]</sugestions>'],
    ['more than a block has', `Answer. <suggestions>["${'x'.repeat(3_000)}"]</suggestions>`],
    ['many signs', '<'.repeat(50)],
    ['much space', `a${' '.repeat(500)}b`],
  ])('%s: the answer is whole', (_, answer) => {
    const seen = whole(answer)
    // A tag alone may be the beginning of a block that was cut.
    const cut = answer.endsWith('<suggestions>') ? 'Write' : answer
    expect([seen.text, seen.suggestions]).toEqual([cut, undefined])
  })

  test.each([14, 20, 30, BLOCK.length - 1])('cut after %i characters: the block is dropped', (chars) => {
    const seen = whole(`Answer.\n${BLOCK.slice(0, chars)}`, ended('length'))
    expect([seen.text, seen.suggestions, seen.end]).toEqual(['Answer.', undefined, 'stop'])
  })

  test('a cut answer without a block stays one', () => {
    expect(whole('Answer. <sugg', ended('length'))).toMatchObject({ text: 'Answer. <sugg', end: 'length' })
  })

  test('a stopped one, whose last chunk has no choice, keeps its text', () => {
    const last = { ...chunk(''), choices: [], millrace: { state: 'stopped' as const } }
    expect(whole('Answer <', last).text).toBe('Answer <')
    expect(whole(`Answer ${BLOCK.slice(0, 40)}`, last).text).toBe('Answer')
  })

  test.each([0, 5, BLOCK.length, BLOCK.length + 1, BLOCK.length + 4, 1000])(
    'moderation takes %i characters back, those of the block first',
    (count) => {
      const all = `Answer.\n${BLOCK}`
      const back = { ...chunk(''), choices: [], millrace: { retract: { 0: count } } }
      const seen = read([...pieces(all, size), back])
      const left = all.slice(0, Math.max(0, all.length - count))
      expect(seen.text).toBe(left.slice(0, 'Answer.'.length))
      expect(seen.suggestions).toBeUndefined()
    },
  )
})

test('chunks without text pass as they are', () => {
  const reader = withSuggestions(PLAIN).createReader()
  const other = { ...chunk('a'), sources: [{ title: 'A', start: 0, end: 1 }] }
  const meaning = reader({ data: JSON.stringify(other) } as never)
  expect(meaning).toEqual({ kind: 'chunk', chunk: other })
})

test.each([
  ['of one letter', '<suggestions>["'.padEnd(1_990, 'a')],
  ['of escapes', '<suggestions>["'.padEnd(1_990, '\\"')],
  ['of lists', '<suggestions>['.padEnd(1_990, '"",')],
  ['of spaces', '<suggestions>["a"'.padEnd(1_990, ' ')],
  ['of texts without commas', `${'<suggestions>['.padEnd(1_990, '"a"    ')}x`],
  ['of tags', '<suggestions>'.repeat(150)],
])('the longest block %s, letter by letter, is read without looking back far', (_, text) => {
  expect(read([...pieces(text, 1), ended('length')]).suggestions).toBeUndefined()
})
