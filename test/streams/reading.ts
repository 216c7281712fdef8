/** One reader of a stream, which reads only as far as it is told to; and what it is to get. */

/** An event as it goes out. */
export const numberedEvent = (number: number, data: string): string =>
  `id: ${number}\ndata: ${data.replaceAll('\n', '\ndata: ')}\n\n`

export interface Reading {
  /** All that has come. */
  readonly text: string
  /** The number of the last event that has come: where to go on. */
  readonly cursor: number
  /** Reads one part. `undefined` at the end. */
  next(): Promise<string | undefined>
  /** Reads until this event has come. @throws where the stream ends before */
  upTo(number: number): Promise<void>
  /** Reads to the end. @returns all that has come since the beginning */
  rest(): Promise<string>
  leave(): Promise<void>
  /** Settles with the connection, however it ends. */
  readonly closed: Promise<void>
}

export function read(body: ReadableStream<Uint8Array>, after = 0): Reading {
  const reader = body.getReader()
  reader.closed.catch(() => {}) // Whoever reads on is told as well.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  const reading: Reading = {
    get text() {
      return text
    },
    get cursor() {
      return Number(
        text
          .match(/^id: (\d+)$/gm)
          ?.at(-1)
          ?.slice('id: '.length) ?? after,
      )
    },
    async next() {
      const { done, value } = await reader.read()
      if (done) return undefined
      const part = decoder.decode(value, { stream: true })
      text += part
      return part
    },
    async upTo(number) {
      while (reading.cursor < number) {
        if ((await reading.next()) === undefined) throw new Error(`It ended at ${reading.cursor}.`)
      }
    },
    async rest() {
      while ((await reading.next()) !== undefined);
      return text
    },
    leave: () => reader.cancel(),
    closed: reader.closed,
  }
  return reading
}
