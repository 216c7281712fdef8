/** The protocol from a page in a real Chromium, and what its own `EventSource` makes of a stream. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { answerEvents, numbered } from '../support/sse.ts'
import type { Upstream } from '../support/upstream.ts'
import { Caller, type Reach } from './caller.ts'
import { protocolCases } from './cases.ts'
import { eventsOf } from './following.ts'
import { type Line, layLine } from './line.ts'
import { fetchIn } from './page-fetch.ts'
import { gate, plan } from './plan.ts'
import { startPlannedUpstream } from './plan-over-http.ts'

let upstream: Upstream | undefined
let millrace: Millrace | undefined
let line: Line
let browser: Browser | undefined
let page: Page
let reach: Reach
let source: Awaited<ReturnType<typeof openEventSource>>
beforeAll(async () => {
  upstream = await startPlannedUpstream()
  millrace = await startMillrace({ OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_API_KEY: 'sk-test' })
  line = await layLine(millrace.url)
  browser = await startBrowser()
  page = await browser.newPage()
  await page.goto(line.url)
  reach = await fetchIn(page)

  const caller = new Caller(reach)
  const events = answerEvents(numbered(20))
  const middle = gate()
  const { id } = await caller.begin(plan(...events.slice(0, 9), middle, ...events.slice(9)))
  source = await openEventSource(id)
  await page.waitForFunction(({ got }) => got.length === 9, source)
  line.cut()
  await caller.open(middle)
  // It waits 3 s before it asks again, twice; all other cases come meanwhile.
})
afterAll(async () => {
  await browser?.close()
  line.close()
  await millrace?.stop()
  await upstream?.stop()
})

protocolCases((...asked) => reach(...asked))

test('a stock EventSource whose connection breaks resumes by itself, and stops at the end', async () => {
  // The cut, and the end of the stream, after which it asks once more.
  expect(await source.evaluate(({ closed }) => closed)).toBe(2)
  const { id, got } = await source.evaluate(({ id, got }) => ({ id, got }))
  expect(got).toEqual(eventsOf(await new Caller(reach).replay(id)))
})

/** Follows a stream, until it is told that there is nothing more. */
function openEventSource(id: string) {
  return page.evaluateHandle((id) => {
    const source = new EventSource(`/v1/streams/${id}`)
    const got: { id: number; data: string }[] = []
    source.onmessage = ({ lastEventId, data }) => got.push({ id: Number(lastEventId), data })
    let breaks = 0
    const closed = new Promise<number>((resolve) => {
      source.onerror = () => {
        if (source.readyState === EventSource.CLOSED) resolve(breaks)
        else breaks++
      }
    })
    return { id, got, closed }
  }, id)
}
