/** Streams whose upstream fails in the middle: the reader is told, today and on every replay. */
import { describe, expect, test } from 'vitest'
import { DONE_EVENT, delta, errorForms, finish, numbered, role, TOOL_ERROR } from '../../support/sse.ts'
import type { Caller, Known } from '../caller.ts'
import { expectBroken } from '../expected.ts'
import { eventsOf, restOf } from '../following.ts'
import { gate, plan, type Step } from '../plan.ts'

const HALF = [role(), ...numbered(5).map(delta)]

export function endingCases(caller: Caller): void {
  /** Asserts that every later reader gets the same end, and that after it there is nothing. */
  async function expectSameAgain({ id, text }: Known): Promise<void> {
    const last = eventsOf(text).length
    for (const cursor of [0, 1, last - 1]) {
      expect(await caller.replay(id, cursor)).toBe(restOf(text, cursor))
    }
    expect((await caller.get(id, { header: String(last) })).status).toBe(204)
  }

  describe('an upstream that leaves its answer unfinished: truncated', () => {
    const TRUNCATED = { code: 'upstream_truncated', type: 'server_error' }

    test('one of nothing but [DONE]', async () => {
      const known = await caller.read(plan(DONE_EVENT))
      expectBroken(known.text, [], 'truncated', TRUNCATED)
    })

    test.each<[string, string[], Step[]]>([
      ['ends', HALF, []],
      ['ends after the finish, without [DONE]', [...HALF, finish()], []],
      ['closes', HALF, [{ breakOff: 'close' }]],
      ['ends inside an event', HALF, [delta('lost').slice(0, -9)]],
      ['closes inside an event', HALF, [delta('lost').slice(0, -9), { breakOff: 'close' }]],
    ])('one that %s', async (_, chunks, ending) => {
      const known = await caller.read(plan(...chunks, ...ending))
      const { usage, millrace } = expectBroken(known.text, chunks, 'truncated', TRUNCATED)
      expect(usage.completion_tokens, 'what had come is accounted for').toBeGreaterThanOrEqual(5)
      expect(millrace.usage_source).toBe('estimated')
      await expectSameAgain(known)
    })

    test('one that is reset', async () => {
      const taken = gate()
      // A reset takes with it what is still under way.
      const first = await caller.begin(plan(...HALF, taken, { breakOff: 'reset' }))
      await first.take(HALF.length)
      await caller.open(taken)
      const text = await first.rest()
      expectBroken(text, HALF, 'truncated', TRUNCATED)
      await expectSameAgain({ id: first.id, text })
    })

    test('one that breaks off while nobody reads', async () => {
      const left = gate()
      const asked = plan(...HALF, left, { breakOff: 'close' })
      const first = await (await caller.begin(asked)).take(2)
      await first.leave()
      await caller.open(left)
      await caller.over(asked)
      const text = await caller.replay(first.id)
      expectBroken(text, HALF, 'truncated', TRUNCATED)
      await expectSameAgain({ id: first.id, text })
    })
  })

  describe('an upstream that reports an error itself: failed, in its words', () => {
    test.each(
      Object.entries(errorForms).flatMap(([name, form]) => [
        { name, ending: [form] },
        { name: `${name}, with [DONE] after it`, ending: [form, DONE_EVENT] },
        { name: `${name}, and then the connection breaks`, ending: [form, { breakOff: 'close' as const }] },
      ]),
    )('as $name', async ({ ending }) => {
      const known = await caller.read(plan(...HALF, ...ending))
      expect(expectBroken(known.text, HALF, 'failed', TOOL_ERROR).error).toEqual(TOOL_ERROR)
      await expectSameAgain(known)
    })
  })
}
