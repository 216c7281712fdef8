import { expect, test } from 'vitest'
import { searchUsage } from '../../../worker/formats/passed/usage.ts'
import { toBytes } from '../../../worker/protocol/encode.ts'

const of = (prompt_tokens: number, completion_tokens: number) => ({ prompt_tokens, completion_tokens })
const details = '"input_tokens_details":{"text_tokens":6,"image_tokens":0}'

/** The same in pieces of each of these lengths. */
function found(text: string, sums = false) {
  const results = [1, 7, 64, text.length].map((length) => {
    const search = searchUsage(sums)
    const bytes = toBytes(text)
    for (let at = 0; at < bytes.length; at += length) search.push(bytes.subarray(at, at + length))
    return search.found()
  })
  for (const result of results) expect(result).toEqual(results[0])
  return results[0]
}

test.each<[string, string, ReturnType<typeof of> | undefined]>([
  ['of embeddings', '{"data":[],"usage":{"prompt_tokens":8,"total_tokens":8}}', of(8, 0)],
  ['before the data', '{"usage":{"prompt_tokens":8,"total_tokens":8},"data":[[1,2]]}', of(8, 0)],
  ['of pictures', `{"data":[],"usage":{"input_tokens":6,"output_tokens":272,${details}}}`, of(6, 272)],
  ['of a recording by its seconds', '{"text":"","usage":{"type":"duration","seconds":3.21}}', of(33, 0)],
  ['indented', '{\n  "usage" : {\n "prompt_tokens" : 8\n }\n}', of(8, 0)],
  [
    'after megabytes',
    `{"b64":"${'QUJD'.repeat(300_000)}","usage":{"input_tokens":1,"output_tokens":2}}`,
    of(1, 2),
  ],
  [
    'counted as it goes',
    'data: {"usage":{"prompt_tokens":8,"completion_tokens":1}}\n\ndata: {"usage":{"prompt_tokens":8,"completion_tokens":3}}\n\n',
    of(8, 3),
  ],
  ['within a text', JSON.stringify({ text: '"usage":{"prompt_tokens":8}' }), undefined],
  ['that is null', '{"usage":null}', undefined],
  ['that is negative', '{"usage":{"prompt_tokens":-8}}', undefined],
  ['that is no number', '{"usage":{"prompt_tokens":"8"}}', undefined],
  ['absurd', '{"usage":{"prompt_tokens":1e300}}', undefined],
  ['cut off', '{"usage":{"prompt_tokens":8', undefined],
  ['absent', '{"data":[]}', undefined],
])('a usage %s', (_, text, usage) => {
  expect(found(text)).toEqual(usage)
})

test('each picture of a stream has its own, and the author of an SVG', () => {
  const one = '{"input_tokens":6,"output_tokens":272}'
  expect(found(`data: {"usage":${one}}\n\ndata: {"usage":${one}}\n\n`, true)).toEqual(of(12, 544))
  expect(found(`{"usage":${one},"svg_usage":{"input_tokens":1,"output_tokens":2}}`, true)).toEqual(of(7, 274))
})
