/** Both encodings as they are counted here, and as js-tiktoken counts them, the oracle of these tests. */
import { Tiktoken } from 'js-tiktoken/lite'
import cl100k_base from 'js-tiktoken/ranks/cl100k_base'
import o200k_base from 'js-tiktoken/ranks/o200k_base'
import { packRanks } from '../../scripts/pack-ranks.ts'
import { createCounter } from '../../worker/tokens/counter.ts'
import { openRanks } from '../../worker/tokens/ranks.ts'

const SOURCES = { o200k_base, cl100k_base }

function open(encoding: keyof typeof SOURCES) {
  const source = SOURCES[encoding]
  const file = packRanks(encoding)
  const ranks = openRanks(file)
  let tiktoken: Tiktoken | undefined
  return {
    encoding,
    file,
    ranks,
    counter: createCounter(ranks),
    pattern: new RegExp(source.pat_str, 'gu'),
    /** Quadratic in the length of a pre-token: keep runs below a few thousand characters. */
    oracle(text: string): number {
      tiktoken ??= new Tiktoken(source)
      return tiktoken.encode(text, [], []).length
    },
    /** Each token's bytes, by rank. */
    tokens: () =>
      source.bpe_ranks
        .split(' ')
        .slice(2)
        .map((base64) => new Uint8Array(Buffer.from(base64, 'base64'))),
  }
}

export const ENCODINGS = [open('o200k_base'), open('cl100k_base')]
