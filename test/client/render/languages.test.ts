import { StringStream } from '@codemirror/streamparser'
import { expect, test } from 'vitest'
import { KNOWN_LANGUAGES } from '../../../client/render/highlight/known-languages.ts'
import { LANGUAGE_NAMES, loadMode } from '../../../client/render/highlight/languages.ts'

test('the highlighter is loaded for the languages that it knows, and for no others', () => {
  expect([...KNOWN_LANGUAGES].sort()).toEqual([...LANGUAGE_NAMES].sort())
})

test.each(LANGUAGE_NAMES)('%s has a mode that reads a line to its end', async (name) => {
  const mode = await loadMode(name)
  const state = mode?.startState?.(2) ?? {}
  const stream = new StringStream('if (a == "b") { c(1) } // d', 4, 2)
  for (let steps = 0; !stream.eol() && steps < 100; steps++) {
    stream.start = stream.pos
    mode?.token(stream, state)
  }
  expect(stream.eol()).toBe(true)
})
