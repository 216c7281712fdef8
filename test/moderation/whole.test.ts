import { expect, test, vi } from 'vitest'
import type { TextPiece } from '../../worker/formats/answer-format.ts'
import type { Judge, Verdict } from '../../worker/moderation/judge.ts'
import { judgeWhole } from '../../worker/moderation/whole.ts'

const { signal } = new AbortController()
const saying = (verdict: Verdict) => vi.fn<Judge>(async () => verdict)
const piece = (choice: number, key: string, text: string): TextPiece => ({
  choice,
  kind: 'content',
  key,
  text,
  repeats: false,
})
const TEXTS = [
  piece(0, 'content', 'ba'),
  piece(0, 'reasoning', 'hm'),
  piece(1, 'content', 'worse'),
  piece(0, 'content', 'd'),
]

test('every text of every choice is judged whole, in one call', async () => {
  const judge = saying({ kind: 'passed' })
  expect(await judgeWhole(TEXTS, { judge, unreachable: 'closed', signal })).toEqual({ kind: 'passed' })
  expect(judge.mock.calls).toEqual([[['bad', 'hm', 'worse'], { signal, mayRetry: true }]])
})

test('a flagged text flags the answer', async () => {
  const flagged: Verdict = { kind: 'flagged', categories: ['violence'] }
  expect(await judgeWhole(TEXTS, { judge: saying(flagged), unreachable: 'open', signal })).toEqual(flagged)
})

test('an answer that can’t be judged passes only where `unreachable` is `open`', async () => {
  const verdict: Verdict = { kind: 'unavailable', why: 'status 500' }
  const judge = saying(verdict)
  expect(await judgeWhole(TEXTS, { judge, unreachable: 'closed', signal })).toEqual(verdict)
  expect(await judgeWhole(TEXTS, { judge, unreachable: 'open', signal })).toEqual({ kind: 'passed' })
})

test('an answer without words needs no verdict', async () => {
  const judge = saying({ kind: 'flagged', categories: [] })
  expect(await judgeWhole([], { judge, unreachable: 'closed', signal })).toEqual({ kind: 'passed' })
  expect(judge).not.toHaveBeenCalled()
})
