/**
 * A tab that is really hidden: no frames, and slow timers. Playwright keeps its own pages visible, so this one is
 * driven by the browser's protocol alone.
 */
import type { Browser } from 'playwright-core'

export interface HiddenTab {
  /** Runs a function that uses nothing from around it. @throws {Error} what it throws */
  evaluate<T>(run: () => T): Promise<Awaited<T>>
  /** Brings the tab to the front. */
  show(): Promise<void>
  close(): Promise<void>
}

export async function openHiddenTab(browser: Browser, url: string): Promise<HiddenTab> {
  const session = await browser.newBrowserCDPSession()
  const { targetId } = await session.send('Target.createTarget', {
    url,
    newWindow: true,
    windowState: 'minimized',
  })
  const { sessionId } = await session.send('Target.attachToTarget', { targetId })
  const waiting = new Map<number, (answer: Answer) => void>()
  let calls = 0
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const answer = JSON.parse(message) as Answer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })

  return {
    async evaluate(run) {
      const id = ++calls
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
      const params = { expression: `(${run})()`, awaitPromise: true, returnByValue: true }
      const message = JSON.stringify({ id, method: 'Runtime.evaluate', params })
      await session.send('Target.sendMessageToTarget', { sessionId, message })
      const { result } = await answered
      if (!result || result.exceptionDetails) throw new Error(JSON.stringify(result))
      return result.result.value as never
    },
    async show() {
      const { windowId } = await session.send('Browser.getWindowForTarget', { targetId })
      await session.send('Browser.setWindowBounds', { windowId, bounds: { windowState: 'normal' } })
    },
    async close() {
      await session.send('Target.closeTarget', { targetId })
      await session.detach()
    },
  }
}

interface Answer {
  id: number
  result?: { result: { value?: unknown }; exceptionDetails?: unknown }
}
