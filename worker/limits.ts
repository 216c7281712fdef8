/** Every number that bounds something, with its reason. Sizes in bytes, times in milliseconds. */

/** A request body. A full context window of 1M tokens is about 4 MB of text; an isolate has 128 MB for all. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Of a body that is too large, how much is read and dropped: answered any sooner, its sender sees a reset and no answer. */
export const MAX_DRAINED_BYTES = 32 * 1024 * 1024

/** Messages in one request. OpenAI itself takes 2,048 at the most. */
export const MAX_MESSAGES = 2048

/** One SSE event, and so one line of it: image and audio deltas are the largest seen, far below 1 MB. */
export const MAX_EVENT_BYTES = 1024 * 1024

/** An unstreamed answer, which is held whole to be checked before it is passed on. */
export const MAX_JSON_ANSWER_BYTES = 16 * 1024 * 1024

/** A refusal's body, of which only the envelope is wanted. */
export const MAX_ERROR_BODY_BYTES = 64 * 1024

/** The upstream's message about a request, as passed on. */
export const MAX_ERROR_MESSAGE_CHARS = 2000

/** How long each part of a call may take. */
export interface Deadlines {
  connect: number
  firstByte: number
  silence: number
  total: number
}

export const DEADLINES: Deadlines = {
  /**
   * Until the upstream answers a streamed call with a status: `fetch` doesn't tell connecting from
   * waiting for it. A handshake takes 1 s at the worst; some gateways hold the status while they queue.
   */
  connect: 60_000,
  /** From the status to the first byte: reasoning models think for minutes. */
  firstByte: 5 * 60_000,
  /** Between two chunks: a tool or a long thought can pause a stream, two minutes of nothing is a dead one. */
  silence: 2 * 60_000,
  /** The whole answer, streamed or not: the limit of OpenAI's own SDK. */
  total: 10 * 60_000,
}

/** Attempts after the first, all before the first byte. OpenAI's SDK does as many. */
export const MAX_RETRIES = 2

/** Backoff before retry n is `BASE * 2^n`, plus or minus a quarter by chance so that callers spread out. */
export const RETRY_BASE_MS = 250

/** A `Retry-After` above this is not waited for but passed on: the caller can plan better than a held call. */
export const MAX_RETRY_WAIT_MS = 5_000

/**
 * How often the observed branch of a relayed stream is read. Waking JavaScript is what costs
 * (docs/DESIGN.md, Performance): once a second is nothing, and silence is still seen to the second.
 */
export const TAP_INTERVAL_MS = 1_000

/** One read of the observed branch. A second of a fast model is 25 KB, two reads; the buffer is new for each. */
export const TAP_READ_BYTES = 16 * 1024

/** After a caller left, how long what had arrived may be read before the call is aborted, which drops it: it has to be accounted for. */
export const LEAVE_GRACE_MS = 50

/** Of an answer, what is held to be handed to the meter in one call; a longer one is streamed to it. 256 KB are 1,000 tokens. */
export const MAX_HELD_FOR_METER_BYTES = 256 * 1024

/**
 * When the pipe to the caller broke: how long to wait for a sign that it was the upstream's doing.
 * Both branches learn of a broken upstream in the same turn; none within a second means that the caller left.
 */
export const BROKEN_PIPE_GRACE_MS = 1_000

/** How long the opening of a durable stream waits for the upstream's first byte: refusals mostly come sooner, and can be a status then. A reader needs the stream's id soon. */
export const OPENING_GRACE_MS = 2_500

/** Events that make a row of the journal; rows written are what keeping costs. Also how many events a restart can lose. */
export const PACK_EVENTS = 16

/** A pack is closed at this size too, whatever it holds: a row may have 2 MB, and one event 1 MB. */
export const MAX_PACK_BYTES = 64 * 1024

/** How long an event waits to be journalled, at most. */
export const FLUSH_MS = 500

/** Events and bytes of one stream: the longest answers have some 30,000 chunks of 250 bytes. */
export const MAX_STREAM_EVENTS = 100_000
export const MAX_STREAM_BYTES = 16 * 1024 * 1024

/** Readers of one stream at once: tabs and devices of one person. */
export const MAX_READERS = 32

/** How long it takes until a reader that has left shows it, once something is written to it. */
export const PROBE_MS = 100

/** Streams of one caller that run at once: each holds 100 to 400 KB, an object has 128 MB. */
export const MAX_RUNNING_STREAMS = 256

/** Streams of one caller that are kept, running or ended: at 50 KB each half a gigabyte of an object's ten. */
export const MAX_KEPT_STREAMS = 10_000

/** What one write to a reader holds, at most. */
export const MAX_WRITE_BYTES = 1024 * 1024

/** How far a live reader may fall behind, before it is cut off: it takes nothing, and comes back to the journal. */
export const MAX_READER_LAG_BYTES = 1024 * 1024

/** A reader that has taken nothing of what is there for this long is none: its connection may be long dead. */
export const READER_STALL_MS = 60_000

/** A comment after so long without an event, so that nobody between takes the connection for dead. */
export const HEARTBEAT_MS = 15_000

/** How long streams are kept, and how long one goes on unread. */
export interface Keeping {
  /** After a stream's end: a train's tunnel, a phone's pocket. */
  kept: number
  /** Without any reader, after which the call is ended: nobody pays for an answer that nobody will read. */
  abandoned: number
}

export const KEEPING: Keeping = { kept: 10 * 60_000, abandoned: 5 * 60_000 }
