import { expect, test } from 'vitest'
import type { Verdict } from '../../worker/moderation/judge.ts'
import { judgeQuestion } from '../../worker/moderation/question.ts'

test.each<[Verdict, 'closed' | 'open', string | undefined]>([
  [{ kind: 'passed' }, 'closed', undefined],
  [{ kind: 'flagged', categories: [] }, 'open', 'content_filter'],
  [{ kind: 'unavailable', why: 'timeout' }, 'closed', 'moderation_unavailable'],
  [{ kind: 'unavailable', why: 'timeout' }, 'open', undefined],
])(
  'a question with the verdict %o is refused or passed, with `unreachable` %s',
  async (verdict, unreachable, code) => {
    const { signal } = new AbortController()
    const judge = async () => verdict
    const refusal = await judgeQuestion(['Why?'], { judge, unreachable, signal })
    expect(refusal?.code).toBe(code)
  },
)

test('a verdict that comes after an abort refuses nothing', async () => {
  const judge = async (): Promise<Verdict> => ({ kind: 'unavailable', why: 'nobody waits for it' })
  expect(
    await judgeQuestion([], { judge, unreachable: 'closed', signal: AbortSignal.abort() }),
  ).toBeUndefined()
})
