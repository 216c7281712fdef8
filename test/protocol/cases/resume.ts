/** Readers leave and come back, several at once, and each gets the bytes that an undisturbed one gets. */
import { beforeAll, describe, expect, test } from 'vitest'
import { answerEvents, numbered } from '../../support/sse.ts'
import { type Caller, errorOf, type Known, shown } from '../caller.ts'
import { expectWhole } from '../expected.ts'
import { eventsOf, restOf, upTo } from '../following.ts'
import { gate, plan } from '../plan.ts'

/** More than two of the journal's rows, which hold 16 events. */
const EVENTS = answerEvents(numbered(37))
const CHUNKS = EVENTS.slice(0, -1)
/** The upstream stops here, inside the journal's second row, until the case lets it go on. */
const HALF = 20

/** An upstream that waits in the middle. */
function halting() {
  const middle = gate()
  return { middle, asked: plan(...EVENTS.slice(0, HALF), middle, ...EVENTS.slice(HALF)) }
}

/** What is no cursor, wherever it stands. */
const HOSTILE = ['-1', 'abc', '1.5', '1 2', '', '9'.repeat(10_240), "1' OR '1'='1", 'é']

export function resumeCases(caller: Caller): void {
  describe('a stream that has ended', () => {
    let known: Known
    let last: number
    beforeAll(async () => {
      known = await caller.read(plan(...EVENTS))
      last = eventsOf(known.text).length
    })

    test('is there to be read again', async () => {
      expectWhole(known.text, CHUNKS)
      for (let time = 0; time < 2; time++) {
        const following = await caller.follow(known.id)
        expect(following.response.headers.get('content-type')).toMatch(/^text\/event-stream(;|$)/)
        expect(following.response.headers.get('cache-control')).toContain('private, no-cache')
        expect(await following.rest()).toBe(known.text)
      }
    })

    test('goes on after every event, by header and by query', async () => {
      for (let cursor = 0; cursor < last; cursor++) {
        const text = String(cursor)
        const rest = restOf(known.text, cursor)
        for (const where of [{ header: text }, { query: text }]) {
          const response = await caller.get(known.id, where)
          expect([response.status, await response.text()], `after ${JSON.stringify(where)}`).toEqual([
            200,
            rest,
          ])
        }
      }
    })

    test('and after the last one has nothing: 204', async () => {
      for (const where of [{ header: String(last) }, { query: String(last) }]) {
        const response = await caller.get(known.id, where)
        expect([response.status, await response.text()]).toEqual([204, ''])
      }
    })

    test('the header comes before the query', async () => {
      for (const query of ['0', '9', String(last), String(last + 1), '-1', 'abc', '']) {
        const response = await caller.get(known.id, { header: '5', query })
        expect([response.status, await response.text()], query).toEqual([200, restOf(known.text, 5)])
      }
    })

    test.each(HOSTILE.map((text) => [shown(text), text]))('%s is no cursor', async (_, text) => {
      for (const where of [{ header: text }, { query: text }, { header: text, query: '1' }]) {
        await expectRefused(await caller.get(known.id, where))
      }
    })

    test('so is one beyond its end, and one in digits of another script', async () => {
      const beyond = String(last + 1)
      await expectRefused(await caller.get(known.id, { header: beyond }))
      await expectRefused(await caller.get(known.id, { query: beyond }))
      // A header can't hold these.
      for (const query of ['１', '١', '1\n', '1\0', '🎉', '\u2028']) {
        await expectRefused(await caller.get(known.id, { query }))
      }
    })
  })

  describe('a stream that is still coming', () => {
    test('goes on after every event', async () => {
      const { middle, asked } = halting()
      const undisturbed = await (await caller.begin(asked)).take(HALF)
      const visits = new Map<number, string>()
      for (let cursor = 0; cursor < HALF; cursor++) {
        const visit = await (await caller.follow(undisturbed.id, cursor)).take(HALF - cursor)
        visits.set(cursor, visit.text)
        await visit.leave()
      }
      // This one has all there is, and waits for what comes.
      const waiting = await caller.follow(undisturbed.id, HALF)
      await caller.open(middle)
      const whole = await undisturbed.rest()
      expectWhole(whole, CHUNKS)
      expect(await waiting.rest()).toBe(restOf(whole, HALF))
      for (const [cursor, text] of visits) {
        expect(text + restOf(whole, HALF), `after ${cursor}`).toBe(restOf(whole, cursor))
      }
    })

    test('is joined without a seam, however often its reader leaves', async () => {
      const { middle, asked } = halting()
      const first = await (await caller.begin(asked)).take(7)
      await first.leave()
      // It may have got more, and lost it: what counts is what it has read.
      let text = upTo(first.text, 7)
      let cursor = 7
      const visit = async (count: number) => {
        const next = await (await caller.follow(first.id, cursor)).take(count)
        await next.leave()
        cursor += count
        text += upTo(next.text, cursor)
      }
      await visit(1)
      await visit(3)
      await caller.open(middle)
      while (!text.endsWith('data: [DONE]\n\n')) await visit(1)
      expect(text).toBe(await caller.replay(first.id))
      expectWhole(text, CHUNKS)
    })

    test('goes on when nobody reads it', async () => {
      const { middle, asked } = halting()
      const first = await (await caller.begin(asked)).take(3)
      await first.leave()
      await caller.open(middle)
      await caller.over(asked)
      const whole = await caller.replay(first.id)
      expectWhole(whole, CHUNKS)
      expect(await caller.replay(first.id, first.cursor)).toBe(restOf(whole, first.cursor))
      expect((await caller.callsOf(asked)).made).toBe(1)
    })

    test('is the same for readers that come at the same time, or later', async () => {
      const { middle, asked } = halting()
      const first = await caller.begin(asked)
      const second = await caller.follow(first.id)
      await Promise.all([first.take(HALF), second.take(HALF)])
      const third = await caller.follow(first.id, HALF - 1)
      const leaving = await caller.follow(first.id)
      await leaving.leave()
      await caller.open(middle)
      const [whole, same, part] = await Promise.all([first.rest(), second.rest(), third.rest()])
      expectWhole(whole, CHUNKS)
      expect(same).toBe(whole)
      expect(part).toBe(restOf(whole, HALF - 1))
    })

    test('has no event yet beyond its last', async () => {
      const { middle, asked } = halting()
      const first = await (await caller.begin(asked)).take(HALF)
      for (const text of [...HOSTILE, String(HALF + 1)]) {
        await expectRefused(await caller.get(first.id, { header: text }))
      }
      await caller.open(middle)
      expectWhole(await first.rest(), CHUNKS)
    })
  })
}

async function expectRefused(response: Response): Promise<void> {
  expect(response.status).toBe(400)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await errorOf(response)).toEqual({
    message: expect.stringMatching(/\w+ \w+/),
    type: 'invalid_request_error',
    param: expect.stringMatching(/^(last-event-id|after)$/i),
    code: 'invalid_cursor',
  })
}
