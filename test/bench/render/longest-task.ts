/** Measures the longest task of a slow page's main thread while an answer streams at a fast model's pace. */
import type { Browser } from 'playwright-core'
import { inPlace, startContestant } from './open-place.ts'

const THROTTLE = 4
/** 500 tokens of 4 characters. */
const CHARS_PER_SECOND = 2000

interface TraceEvent {
  name: string
  pid: number
  tid: number
  args: { name?: string }
  /** Microseconds of wall time, and of CPU time. */
  dur?: number
  tdur?: number
}

export interface Longest {
  /** During the first answer of the page, for which all code and fonts are new. */
  first: number
  /** During the next answer. */
  second: number
}

/** Both in milliseconds of CPU time. */
export function longestTasks(
  browser: Browser,
  script: string,
  first: string,
  second: string,
): Promise<Longest> {
  return inPlace(browser, script, async (page) => {
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE })
    const longest = async (text: string) => {
      await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
      await page.evaluate(write, { text, pace: CHARS_PER_SECOND })
      const { traceEvents } = JSON.parse(String(await browser.stopTracing())) as { traceEvents: TraceEvent[] }
      return longestOf(traceEvents)
    }
    const ofFirst = await longest(first)
    await startContestant(page)
    return { first: ofFirst, second: await longest(second) }
  })
}

function longestOf(events: TraceEvent[]): number {
  const main = new Set(
    events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf),
  )
  const tasks = events.filter((event) => /RunTask$/.test(event.name) && main.has(threadOf(event)))
  if (tasks.length === 0) throw new Error('The trace has no tasks.')
  return tasks.reduce((most, { tdur, dur }) => Math.max(most, (tdur ?? dur ?? 0) / 1000), 0)
}

const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`

async function write({ text, pace }: { text: string; pace: number }): Promise<void> {
  const { running } = globalThis
  const began = performance.now()
  for (let at = 0; at < text.length; ) {
    const due = Math.ceil(((performance.now() - began) / 1000) * pace)
    running.write(text.slice(at, due))
    at = due
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  running.end()
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 100)))
}
