/** One answer in one page: what it costs the page's main thread. */
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { ROOT } from '../../../scripts/bundle.ts'

export interface Run {
  /** Main-thread time, of the processor, not of the clock. */
  ms: number
  /** How much of the text was written in the time that there was. */
  part: number
}

/** A contestant's module as one script, which sets `contestant`. */
export async function bundle(name: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    root: ROOT,
    build: {
      write: false,
      lib: {
        entry: `${ROOT}test/bench/render/contestants/${name}.ts`,
        formats: ['iife'],
        name: 'contestant',
      },
    },
  })
  const [output] = [built].flat()
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error(`${name} was not bundled.`)
  return chunk.code
}

const PAGE = `<!doctype html><style>
  body { margin: 0; font: 16px/1.5 sans-serif }
  #place { height: 600px; overflow: auto }
  pre { overflow-x: auto }
</style><div id="place"></div>`

/** As a model's tokens are cut. */
const DELTA_CHARS = 4

/** @param most after this many milliseconds it is broken off */
export async function measure(
  browser: Browser,
  script: string,
  css: string,
  text: string,
  most: number,
): Promise<Run> {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } })
  try {
    await page.setContent(PAGE)
    await page.addStyleTag({ content: css || '/**/' })
    await page.addScriptTag({ content: script })
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const spent = async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
    }
    await page.evaluate(prepare)
    const before = await spent()
    const part = await page.evaluate(show, { text, step: DELTA_CHARS, most })
    const ms = (await spent()) - before
    if (process.env.DETAIL) {
      const { metrics } = await session.send('Performance.getMetrics')
      console.error(
        metrics
          .filter(({ name }) => /Duration/.test(name))
          .map(({ name, value }) => `${name} ${(value * 1000).toFixed(0)}`)
          .join('  '),
      )
    }
    return { ms, part }
  } finally {
    await page.close()
  }
}

type Contestant = import('./contestants/contestant.ts').Contestant
declare global {
  var contestant: { start: import('./contestants/contestant.ts').Start }
  var running: Contestant
}

async function prepare(): Promise<void> {
  const place = document.querySelector<HTMLElement>('#place')
  if (place) globalThis.running = await contestant.start(place)
}

/** Each delta is a task of its own, and scrolled to. */
async function show({ text, step, most }: { text: string; step: number; most: number }): Promise<number> {
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
