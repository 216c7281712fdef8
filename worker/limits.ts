/** Every number that bounds something, with its reason. Sizes in bytes, times in milliseconds. */

/** A request body. A full context window of 1M tokens is about 4 MB of text; an isolate has 128 MB for all. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Of a body that is too large, how much is read and dropped: answered any sooner, its sender sees a reset and no answer. */
export const MAX_DRAINED_BYTES = 32 * 1024 * 1024

/** Messages in one request. OpenAI itself takes 2,048 at the most. */
export const MAX_MESSAGES = 2048

/**
 * The largest event that is parsed, in bytes; a generated picture has 1.3 to 4 MB. A larger one is relayed in pieces and
 * not looked into; a durable stream ends at it, since a row of the journal may have 2 MB.
 */
export const MAX_EVENT_BYTES = 1.5 * 1024 * 1024

/** Of an event that is cut off, the most that is completed with an error. */
export const MAX_COMPLETED_CHARS = 1024 * 1024

/** One read of an answer that is gathered: 130 tokens, and so more than come in 16 ms. */
export const GATHERED_READ_BYTES = 32 * 1024

/** How far an answer is read ahead of a reader that takes its time. */
export const MAX_GATHERED_BYTES = 256 * 1024

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
 * (docs/decisions/0001-native-relay.md): once a second is nothing, and silence is still seen to the second.
 */
export const TAP_INTERVAL_MS = 1_000

/** One read of the observed branch. A second of a fast model is 25 KB, two reads; the buffer is new for each. */
export const TAP_READ_BYTES = 16 * 1024

/** After a caller left, how long what had arrived may be read before the call is aborted, which drops it: it has to be accounted for. */
export const LEAVE_GRACE_MS = 50

/** An answer up to this size, some 250 tokens, is counted in the invocation that relays it: 1 ms of CPU. */
export const MAX_COUNTED_HERE_BYTES = 64 * 1024

/** Of an answer, what is held to be handed to the meter in one call; a longer one is streamed to it. 256 KB are 1,000 tokens. */
export const MAX_HELD_FOR_METER_BYTES = 256 * 1024

/**
 * When the pipe to the caller broke: how long to wait for a sign that it was the upstream's doing.
 * Both branches learn of a broken upstream in the same turn; none within a second means that the caller left.
 */
export const BROKEN_PIPE_GRACE_MS = 1_000

/** Before a connection is broken off, how long the bytes sent before it have to arrive. */
export const BREAK_OFF_GRACE_MS = 50

/** How long the opening of a durable stream waits for the upstream's first byte: refusals mostly come sooner, and can be a status then. A reader needs the stream's id soon. */
export const OPENING_GRACE_MS = 2_500

/** Events that make a row of the journal; rows written are what keeping costs. Also how many events a restart can lose. */
export const PACK_EVENTS = 16

/** A pack is closed at this size too, whatever it holds: a row may have 2 MB. */
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

/**
 * Delay before an idle object is checked and wiped. Each check writes a row, and a page is read for minutes
 * before its first question.
 */
export const IDLE_LOOK_MS = 10 * 60_000

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

/** What one call may cost, as a count that is believed: a thousand times the largest context window. */
export const MAX_CALL_TOKENS = 1_000_000_000

/**
 * How long a day's account is kept after its end: its last calls end by then, and the clocks of two machines
 * differ by less.
 */
export const DAY_GRACE_MS = 60 * 60_000

/** Retry hint while running calls hold the budget. Answers take seconds; their end can't be predicted. */
export const RUNNING_RETRY_MS = 2_000

/**
 * The largest grant beyond a call's own need is the daily total / 64, so that no caller holds more of it
 * unused.
 */
export const SLICES = 64

/**
 * As the total runs low, a grant beyond a call's own need is at most this part of what is left: the last
 * tokens go call by call.
 */
export const SLICES_OF_REST = 16

/**
 * How long after its caller's last call an unused slice goes back: about as long as reading an answer and
 * asking again takes.
 */
export const SLICE_IDLE_MS = 60_000

/**
 * Characters of a durable answer after which its progress is counted and noted in the budget: some 256 tokens.
 * Each note is a row written, beside the 16 rows or so that the journal needs for as many events.
 */
export const PROGRESS_CHARS = 1024

/** The longest `Retry-After` that OpenAI's SDK obeys; told to wait longer, it tries again within seconds. */
export const MAX_OBEYED_WAIT_MS = 60_000

/**
 * How deep a body's arrays and objects may lie in one another. A tool's JSON schema, the deepest thing in real requests, takes
 * some 20; walking a body by recursion overflows the stack from some thousands on.
 */
export const MAX_JSON_DEPTH = 64

/** Choices of one answer. OpenAI itself takes 128 at the most. */
export const MAX_CHOICES = 128

/** What one question of a visitor may take where `MAX_INPUT_TOKENS` and `MAX_OUTPUT_TOKENS` don't say. */
export const VISITOR_TOKENS = {
  /** A long conversation at a page: some 6,000 words. */
  input: 8192,
  /** 3,000 words; or 1,000 after a reasoning model has thought, which counts. */
  output: 4096,
}

/**
 * Characters of a prompt for each token that it may have: past that it is too long without being counted, so the time that
 * counting takes is bounded by the limit, not by the body. English has 4.4, deeply indented code 8; only runs of one character have more (128 blanks are a token).
 */
export const MAX_CHARS_PER_TOKEN = 16

/** A text longer than this is counted in pieces of this many characters, so that counting can end when the limit is passed: 5 ms each at the worst. */
export const COUNTED_CHARS = 4096

/**
 * What is taken for each part of a message that isn't text, in tokens; what it really costs only the upstream knows.
 * Source: OpenAI's "Images and vision", "Audio" and "File inputs" guides.
 */
export const TOKENS_OF_PART = {
  /** The most that gpt-4o and gpt-4.1 bill: 8 tiles of 170, and 85. */
  image_url: 1445,
  /** 100 seconds at 10 tokens a second. */
  input_audio: 1000,
  /** 10 pages of a PDF, each as text and as an image. */
  file: 20_000,
  /** Of a kind that isn't known here. */
  other: 1445,
} as const

/** How long a visitor's token is good for. */
export const SESSION_MS = 60 * 60_000

/** How long a token may be renewed, from the first one on: the visitor, and so the day's budget, stays the same that long. */
export const SESSION_RENEWABLE_MS = 24 * 60 * 60_000

/** A token that is longer isn't looked at. Ours have some 250 characters, and a host's name has 253 at the most. */
export const MAX_TOKEN_CHARS = 2048

/** A request for a session: it holds a Turnstile token, of at most 2,048 characters. */
export const MAX_SESSION_BODY_BYTES = 8 * 1024

/**
 * New sessions from one address (IPv6: one /64). An office or a school behind one address opens a hundred in a
 * day; a machine that collects budgets wants thousands.
 */
export const SESSIONS_PER_ADDRESS = [
  { name: 'minute', most: 10, ms: 60_000 },
  { name: 'day', most: 200, ms: 24 * 60 * 60_000 },
] as const

/** Until Turnstile has answered in full. It takes some 100 ms; a visitor who waits longer than this has given up. */
export const TURNSTILE_DEADLINE_MS = 5_000

/** Turnstile's answer has some 200 bytes. */
export const MAX_TURNSTILE_ANSWER_BYTES = 64 * 1024

/** How long a browser may keep a preflight's answer, in seconds: Chrome's own limit. */
export const PREFLIGHT_MAX_AGE_S = 7200

/** The names of headers that a preflight asks for, together: OpenAI's SDK sends some 20 of its own. */
export const MAX_ASKED_HEADERS_CHARS = 2048

/** What is put aside for an answer whose length nobody has bounded; one that grows beyond it ends with `budget`. As much as most models write at most. */
export const RESERVED_OUTPUT_TOKENS = 16_384

/** After the last moment at which a call can end, until what was put aside for it is settled without a count. */
export const RESERVATION_GRACE_MS = 60_000

/** The period of the rate limit binding, as wrangler.toml has it. */
export const BURST_PERIOD_MS = 10_000

/** What visitors may take where nothing else is configured: a few long conversations a day, and so many answers at once. */
export const VISITOR_BUDGET = { tokensPerDay: 100_000, calls: 3 }

/** How a streamed answer is cut into the windows that moderation judges. Characters are UTF-16 code units, as everywhere. */
export interface WindowSizes {
  /**
   * A text goes out once it and this much of what follows has passed. So whatever is flagged and no longer than this is
   * not begun to be shown, wherever windows meet. A dozen words; 0.2 s of a fast model's text, 1.6 s at 11.4 tokens a second, as in the example that the race on the page replays.
   */
  phrase: number
  /** What has passed and is sent again before new text, so that it is judged in its context. At least `phrase`. */
  context: number
  /** A window closes at so many new characters, or so long after the first of them. The first one is short, for the first token's sake. */
  first: { chars: number; ms: number }
  /**
   * Each window is twice the one before, up to this: a reader has new text once a second. A fast model's answer of 500 tokens takes
   * 9 calls and 1,100 tokens; OpenAI's first tier has 500 calls and 10,000 tokens a minute.
   */
  last: { chars: number; ms: number }
  /** The data of events that wait for their verdict, in characters. 1,000 tokens with all that is around them; beyond it the upstream waits. */
  held: number
}

export const MODERATION_WINDOWS: WindowSizes = {
  phrase: 64,
  context: 400,
  first: { chars: 32, ms: 250 },
  last: { chars: 1024, ms: 1_000 },
  held: 256 * 1024,
}

/** What an event that is held counts beside its data: without it, no number of comments would fill the bound. */
export const HELD_ITEM_CHARS = 100

/** How long the moderation API may take, and how it is tried again. */
export interface RetryBudget {
  /** One attempt. It usually takes 0.1 to 0.5 s. */
  attempt: number
  /** A verdict, with all attempts and the waits between them: as long as a reader may be kept waiting in mid-sentence. */
  verdict: number
  /** The wait after the first failure in a row; each further one doubles it, plus or minus a quarter by chance. */
  backoff: number
  /** The longest such wait. A `Retry-After` counts in full, up to a minute: beyond it the header is more likely wrong than right. */
  longestBackoff: number
  longestRetryAfter: number
  /** After a failure, the first call that is made again goes alone, this long ahead of the others. */
  probe: number
}

export const MODERATION_RETRY_BUDGET: RetryBudget = {
  attempt: 5_000,
  verdict: 15_000,
  backoff: 500,
  longestBackoff: 10_000,
  longestRetryAfter: 60_000,
  probe: 500,
}

/** One input of a moderation call; a longer text is cut into several. 2,000 tokens of English: far below the model's window, also in other scripts. */
export const MAX_JUDGED_CHARS = 8_000

/** What two inputs cut from one text share, so that a phrase across the cut is seen whole. */
export const JUDGED_OVERLAP_CHARS = 200

/** Inputs in one moderation call. */
export const MAX_JUDGED_INPUTS = 16

/** The moderation API's answer: 13 categories with their scores take 2 KB an input. */
export const MAX_VERDICT_BYTES = 256 * 1024

/** How long events gather to be read, and to be sent, together: a frame of a screen. The first words don't wait. */
export const GATHER_MS = 16
