/** `fetch` inside a page: its answers are ordinary `Response`s here, whose bodies come part by part from there. */
import type { JSHandle, Page } from 'playwright-core'
import type { Asked, Reach } from './caller.ts'

interface Reading {
  leave: AbortController
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined
}

export async function fetchIn(page: Page): Promise<Reach> {
  const readings: JSHandle<Map<number, Reading>> = await page.evaluateHandle(() => new Map<number, Reading>())
  let count = 0

  return async (path: string, { method = 'GET', headers = {}, body }: Asked = {}) => {
    const key = count++
    // Bytes are no JSON, which is how all this travels.
    const sent = body instanceof Uint8Array ? [...body] : (body ?? null)
    const head = await readings.evaluate(
      async (readings, { key, path, sent, ...init }) => {
        const leave = new AbortController()
        const body = Array.isArray(sent) ? Uint8Array.from(sent) : sent
        const response = await fetch(path, { ...init, body, signal: leave.signal })
        const { status, headers } = response
        const head = { status, headers: [...headers] }
        // What is no stream comes at once: each way to the page and back takes time.
        if (!headers.get('content-type')?.startsWith('text/event-stream')) {
          return { ...head, whole: (await response.bytes()).toBase64() }
        }
        readings.set(key, { leave, reader: response.body?.getReader() })
        return head
      },
      { key, path, method, headers, sent },
    )
    if (!('whole' in head)) return new Response(bodyOf(key), head)
    // [spec] Fetch, "null body status": with such a one there is none, not even an empty one.
    return new Response(head.status === 204 ? null : Buffer.from(head.whole, 'base64'), head)
  }

  function bodyOf(key: number): ReadableStream<Uint8Array> {
    return new ReadableStream({
      async pull(controller) {
        const part = await readings.evaluate(async (readings, key) => {
          const { value } = (await readings.get(key)?.reader?.read()) ?? {}
          return value?.toBase64()
        }, key)
        if (part === undefined) controller.close()
        else controller.enqueue(Buffer.from(part, 'base64'))
      },
      cancel: () => readings.evaluate((readings, key) => readings.get(key)?.leave.abort(), key),
    })
  }
}
