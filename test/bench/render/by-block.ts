/**
 * `node test/bench/render/by-block.ts`: the time to parse an answer that comes in tokens of 4 characters,
 * with our parser, and with a maintained parser that parses the last block again with each token. Without a
 * page.
 */
import { Lexer } from 'marked'
import { createParser } from '../../../client/render/parse/parser.ts'
import { SHAPES } from './shapes.ts'

const LENGTHS = [5000, 20_000]
const DELTA_CHARS = 4

console.log(`| | own, ${LENGTHS.join(' → ')} characters, ms | marked by block, ms |\n|---|--:|--:|`)
for (const [shape, textOf] of Object.entries(SHAPES)) {
  const times = [parseOwn, parseByBlock].map((parse) => LENGTHS.map((length) => time(parse, textOf(length))))
  console.log(`| ${shape} | ${times.map((each) => each.join(' → ')).join(' | ')} |`)
}

function time(parse: (deltas: string[]) => void, text: string): string {
  const deltas = text.match(new RegExp(`.{1,${DELTA_CHARS}}`, 'gs')) ?? []
  const began = performance.now()
  parse(deltas)
  return Math.round(performance.now() - began).toLocaleString('en')
}

function parseOwn(deltas: string[]): void {
  const parser = createParser({ open() {}, close() {}, text() {}, attribute() {} })
  for (const delta of deltas) {
    parser.write(delta)
    parser.preview()
  }
  parser.end()
}

function parseByBlock(deltas: string[]): void {
  let open = ''
  for (const delta of deltas) {
    open += delta
    const finished = Lexer.lex(open).slice(0, -1)
    open = open.slice(finished.reduce((length, { raw }) => length + raw.length, 0))
  }
}
