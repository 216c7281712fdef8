/** Measures the main-thread time of an answer that is written as fast as possible. */
import type { Browser } from 'playwright-core'
import { taskTimeOf } from '../../support/task-time.ts'
import { inPlace } from './open-place.ts'

export interface Cost {
  /** CPU time, not wall time. */
  ms: number
  /** The share of the text that was written before the measurement was stopped; 1 is all. */
  part: number
}

/** The size of a model's tokens. */
const DELTA_CHARS = 4

/** @param most milliseconds after which the measurement is stopped */
export function mainThreadTime(browser: Browser, script: string, text: string, most: number): Promise<Cost> {
  return inPlace(browser, script, async (page) => {
    const spent = await taskTimeOf(page)
    const before = await spent()
    const part = await page.evaluate(write, { text, step: DELTA_CHARS, most })
    return { ms: (await spent()) - before, part }
  })
}

/** Each delta is a task of its own, followed by scrolling. */
async function write({ text, step, most }: { text: string; step: number; most: number }): Promise<number> {
  const { running } = globalThis
  const { scroller } = running
  const channel = new MessageChannel()
  const began = performance.now()
  let at = 0
  while (at < text.length && performance.now() - began < most) {
    running.write(text.slice(at, at + step))
    if (scroller) scroller.scrollTop = scroller.scrollHeight
    at += step
    await new Promise((resolve) => {
      channel.port1.onmessage = resolve
      channel.port2.postMessage(0)
    })
  }
  running.end()
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  return Math.min(1, at / text.length)
}
