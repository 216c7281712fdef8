import { expect, test, vi } from 'vitest'
import type { Judge, Verdict } from '../../worker/moderation/judge.ts'
import { judgeWhole } from '../../worker/moderation/whole.ts'
import { completion, USAGE } from '../support/sse.ts'

const { signal } = new AbortController()
const saying = (verdict: Verdict) => vi.fn<Judge>(async () => verdict)

const ANSWER = JSON.stringify({
  ...completion('a', { system_fingerprint: 'fp', provider_note: 'bad' }),
  choices: [
    { index: 0, message: { role: 'assistant', content: 'bad', reasoning: 'hm' }, finish_reason: 'stop' },
    { index: 1, message: { role: 'assistant', content: 'worse' }, finish_reason: 'length' },
  ],
})

test('every text of every choice is judged, whole, before any of it is shown', async () => {
  const judge = saying({ kind: 'passed' })
  expect(await judgeWhole(ANSWER, { judge, unreachable: 'closed', signal })).toEqual({ state: 'passed' })
  expect(judge.mock.calls).toEqual([[['bad', 'hm', 'worse'], { signal, patient: true }]])
})

test('a flagged answer keeps its usage and none of its words', async () => {
  const judge = saying({ kind: 'flagged', categories: ['violence'] })
  const judged = await judgeWhole(ANSWER, { judge, unreachable: 'closed', signal })
  const { id, object, created, model } = completion('')
  const emptied = (index: number) => ({
    index,
    message: { role: 'assistant', content: '', refusal: null },
    logprobs: null,
    finish_reason: 'content_filter',
  })
  expect(judged).toEqual({
    state: 'flagged',
    categories: ['violence'],
    completion: {
      id,
      object,
      created,
      model,
      choices: [emptied(0), emptied(1)],
      usage: USAGE,
      system_fingerprint: 'fp',
    },
  })
})

test('an answer that nobody could judge', async () => {
  const judge = saying({ kind: 'unavailable', why: 'status 500' })
  expect(await judgeWhole(ANSWER, { judge, unreachable: 'closed', signal })).toEqual({
    state: 'unavailable',
    why: 'status 500',
  })
  expect(await judgeWhole(ANSWER, { judge, unreachable: 'open', signal })).toEqual({ state: 'passed' })
})

test('an answer without words needs no verdict; one of another shape does', async () => {
  const judge = saying({ kind: 'flagged', categories: [] })
  expect(await judgeWhole('{"choices":[]}', { judge, unreachable: 'closed', signal })).toEqual({
    state: 'passed',
  })
  expect(judge).not.toHaveBeenCalled()
  for (const json of ['"words"', '{"answer":"words"}', '["words"]']) {
    expect((await judgeWhole(json, { judge, unreachable: 'closed', signal })).state).toBe('flagged')
  }
})
