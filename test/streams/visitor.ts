/** A reader that loses its connection, and comes back where it was: it counts only events that came whole. */

import { ApiError } from '../../worker/errors.ts'
import { concat } from '../../worker/protocol/concat.ts'
import type { Followed } from '../../worker/streams/streams.ts'

/** @param after the number of the last event that it has */
type Connect = (after: number) => Promise<Followed | ApiError>

interface Connection {
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  came: Uint8Array[]
  /** What it waits for. */
  waits: Promise<void> | undefined
}

/** Each is a line between two events. */
const HEARTBEATS = /^:.*\n/gm

export class Visitor {
  /** All events that it has, as they came. */
  text = ''
  cursor = 0
  /** How it ended: with the last event, or because it was refused. */
  over: 'read' | ApiError | undefined
  /** What broke its connections, where that was not its own doing. */
  readonly broken: unknown[] = []
  readonly #connect: Connect
  #connection: Connection | undefined

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** Connects, or takes what there is, or goes on waiting. */
  read(): void {
    if (this.over !== undefined) return
    this.#connection ??= { reader: undefined, came: [], waits: undefined }
    const connection = this.#connection
    if (connection.waits !== undefined) return
    const work = connection.reader === undefined ? this.#arrive(connection) : this.#take(connection)
    connection.waits = work
      .catch((error: unknown) => {
        if (connection === this.#connection) this.broken.push(error)
        this.lose(0, connection)
      })
      .finally(() => {
        connection.waits = undefined
      })
  }

  /** @param lost how many of the last bytes did not make it */
  lose(lost: number, connection = this.#connection): void {
    if (connection === undefined || connection !== this.#connection) return
    this.#connection = undefined
    connection.reader?.cancel().catch(() => {}) // It may be broken already.
    this.#keep(connection.came, lost)
  }

  /** Reads to the end, however often it takes. */
  async finish(): Promise<void> {
    while (this.over === undefined) {
      this.read()
      await this.#connection?.waits
    }
  }

  async #arrive(connection: Connection): Promise<void> {
    const followed = await this.#connect(this.cursor)
    if (connection !== this.#connection) {
      if (!(followed instanceof ApiError)) void followed.events?.cancel()
      return
    }
    if (followed instanceof ApiError || followed.events === undefined) {
      this.over = followed instanceof ApiError ? followed : 'read'
      return
    }
    connection.reader = followed.events.getReader()
  }

  async #take(connection: Connection): Promise<void> {
    const { done, value } = (await connection.reader?.read()) ?? { done: true, value: undefined }
    if (connection !== this.#connection) return
    if (!done) {
      connection.came.push(value)
      return
    }
    this.#connection = undefined
    const lacking = this.#keep(connection.came)
    if (lacking !== '') throw new Error(`A clean end inside an event: ${lacking}`)
    this.over = 'read'
  }

  /** @returns what came of an event that never came whole */
  #keep(came: Uint8Array[], lost = 0): string {
    const bytes = concat(came)
    const text = new TextDecoder().decode(bytes.subarray(0, Math.max(0, bytes.length - lost)))
    const blocks = text.replaceAll(HEARTBEATS, '').split('\n\n')
    const lacking = blocks.pop() ?? ''
    for (const block of blocks) {
      this.text += `${block}\n\n`
      this.cursor = Number(/^id: (\d+)\n/.exec(block)?.[1])
    }
    return lacking
  }
}
