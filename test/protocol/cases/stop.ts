/** `DELETE`: the one way to stop a stream. */
import { describe, expect, test } from 'vitest'
import { answerEvents, delta, numbered, role } from '../../support/sse.ts'
import type { Caller } from '../caller.ts'
import { expectBroken, expectWhole } from '../expected.ts'
import { eventsOf, restOf } from '../following.ts'
import { gate, plan } from '../plan.ts'

const HALF = [role(), ...numbered(5).map(delta)]

export function stopCases(caller: Caller): void {
  describe('DELETE', () => {
    test('in mid-stream ends it for all its readers, and the call upstream', async () => {
      const asked = plan(...HALF, gate())
      const first = await caller.begin(asked)
      const second = await caller.follow(first.id, 2)
      await Promise.all([first.take(HALF.length), second.take(HALF.length - 2)])
      await expectNothing(await caller.stop(first.id))
      const [whole, part] = await Promise.all([first.rest(), second.rest()])
      const last = expectWhole(whole, HALF, 'stopped')
      // What had come is accounted for: each `tN ` is at least a token.
      expect(last.usage.completion_tokens).toBeGreaterThanOrEqual(5)
      expect(last.millrace.usage_source).toBe('estimated')
      expect(part).toBe(restOf(whole, 2))
      await caller.over(asked)
      expect(await caller.replay(first.id)).toBe(whole)
      expect(await caller.replay(first.id, 3)).toBe(restOf(whole, 3))
      expect((await caller.get(first.id, { header: String(eventsOf(whole).length) })).status).toBe(204)

      await expectNothing(await caller.stop(first.id))
      expect(await caller.replay(first.id), 'a second one changes nothing').toBe(whole)
    })

    test('of a stream that nobody reads', async () => {
      const asked = plan(...HALF, gate())
      const first = await (await caller.begin(asked)).take(HALF.length)
      await first.leave()
      await expectNothing(await caller.stop(first.id))
      await caller.over(asked)
      expectWhole(await caller.replay(first.id), HALF, 'stopped')
    })

    test('twice at the same moment', async () => {
      const first = await (await caller.begin(plan(...HALF, gate()))).take(HALF.length)
      const both = await Promise.all([caller.stop(first.id), caller.stop(first.id)])
      for (const response of both) await expectNothing(response)
      expectWhole(await first.rest(), HALF, 'stopped')
    })

    test('after the end changes nothing', async () => {
      const done = await caller.read(plan(...answerEvents(['a'])))
      const broken = await caller.read(plan(...HALF))
      for (const { id, text } of [done, broken]) {
        await expectNothing(await caller.stop(id))
        expect(await caller.replay(id)).toBe(text)
      }
      expectBroken(broken.text, HALF, 'truncated', { code: 'upstream_truncated' })
    })
  })
}

async function expectNothing(response: Response): Promise<void> {
  expect([response.status, await response.text()]).toEqual([204, ''])
}
