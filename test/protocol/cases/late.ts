/** An upstream that is slow to begin: its reader gets the id at once, and learns the rest from the stream. */
import { expect, test } from 'vitest'
import { answerEvents, numbered } from '../../support/sse.ts'
import type { Caller } from '../caller.ts'
import { expectBroken, expectWhole } from '../expected.ts'
import { gate, plan } from '../plan.ts'

const EVENTS = answerEvents(numbered(3))

export function lateCases(caller: Caller): void {
  // One test for all three, since each waits for the same 2.5 s.
  test('what is not there after 2.5 s is waited for in the stream, not for its status', async () => {
    const [well, badly, never] = [gate(), gate(), gate()]
    const error = { message: 'No such voice.', type: 'invalid_request_error', param: null, code: 'odd' }
    const asked = [
      plan(well, ...EVENTS),
      plan(badly, { refuse: 400, body: { error } }),
      plan(never, ...EVENTS),
    ] as const
    const [late, refused, stopped] = await Promise.all([
      caller.begin(asked[0]),
      caller.begin(asked[1]),
      caller.begin(asked[2]),
    ])
    // All three have their 201 while the upstream has not said a word.
    for (const plan of asked) expect(await caller.callsOf(plan)).toMatchObject({ made: 1, underWay: 1 })

    const second = await caller.follow(late.id, 0)
    await caller.open(well)
    const whole = await late.rest()
    expectWhole(whole, EVENTS.slice(0, -1))
    expect(await second.rest()).toBe(whole)

    await caller.open(badly)
    const failed = await refused.rest()
    expect(expectBroken(failed, [], 'failed', error).error).toEqual(error)
    expect(await caller.replay(refused.id)).toBe(failed)

    expect((await caller.stop(stopped.id)).status).toBe(204)
    const nothing = await stopped.rest()
    expectWhole(nothing, [], 'stopped')
    await caller.over(asked[2])
    expect(await caller.replay(stopped.id)).toBe(nothing)
  })
}
