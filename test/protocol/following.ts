/** One reader of a durable stream: it reads as far as it is told, and checks the form of all that comes. */

export interface StreamEvent {
  id: number
  data: string
}

/** [contract] An event, to the byte: `id: N`, then `data: …`, then a blank line. */
const EVENT = /^id: ([1-9]\d*)\ndata: (.*)$/

/** [contract] A heartbeat is one line between events; a blank line after it would be an empty event to some readers. */
const COMMENTS = /^:.*\n/gm

export class Following {
  readonly response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #came = ''

  constructor(response: Response) {
    this.response = response
    this.#reader = response.body?.getReader()
  }

  /** Of the stream that the answer to a `POST` begins. */
  get id(): string {
    const id = this.response.headers.get('stream-id')
    if (id === null) throw new Error(`No Stream-Id: ${this.response.status}`)
    return id
  }

  /** The whole events that have come, without heartbeats. */
  get text(): string {
    return toText(this.events)
  }

  get events(): StreamEvent[] {
    return eventsOf(this.#came.replace(COMMENTS, ''))
  }

  /** The last event that has come: where to go on. */
  get cursor(): number {
    return this.events.at(-1)?.id ?? 0
  }

  get heartbeats(): number {
    return this.#came.match(COMMENTS)?.length ?? 0
  }

  /** Reads until so many events have come. */
  take(count: number): Promise<this> {
    return this.until(() => this.events.length >= count)
  }

  /** Reads until this holds. @throws if the stream ends before */
  async until(holds: () => boolean): Promise<this> {
    while (!holds()) {
      if (!(await this.#more())) throw new Error(`It ended early:\n${this.#came.slice(-500)}`)
    }
    return this
  }

  /** Reads to the end, and returns the text of all events since the beginning. */
  async rest(): Promise<string> {
    while (await this.#more());
    if (!/(?:^|\n\n)$/.test(this.#came.replace(COMMENTS, '')))
      throw new Error(`Half an event: ${this.#came.slice(-200)}`)
    return this.text
  }

  async leave(): Promise<void> {
    await this.#reader?.cancel()
  }

  async #more(): Promise<boolean> {
    const { done, value } = (await this.#reader?.read()) ?? { done: true, value: undefined }
    this.#came += this.#decoder.decode(value, { stream: !done })
    return !done
  }
}

function toEvent(block: string): StreamEvent {
  const [, id, data] = EVENT.exec(block) ?? []
  if (id === undefined || data === undefined) throw new Error(`Not an event: ${JSON.stringify(block)}`)
  return { id: Number(id), data }
}

/** The whole events of a text. */
export function eventsOf(text: string): StreamEvent[] {
  return text.split('\n\n').slice(0, -1).map(toEvent)
}

const toText = (events: StreamEvent[]): string =>
  events.map(({ id, data }) => `id: ${id}\ndata: ${data}\n\n`).join('')

/** Of a text, the events up to and with this one. */
export const upTo = (text: string, cursor: number): string =>
  toText(eventsOf(text).filter(({ id }) => id <= cursor))

/** Of a stream's text, what a reader gets that has all up to and with this event. */
export const restOf = (text: string, cursor: number): string =>
  toText(eventsOf(text).filter(({ id }) => id > cursor))
