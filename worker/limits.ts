/** Every number that bounds something, with its reason. Sizes in bytes, times in milliseconds. */

/**
 * A request body. A full context window of 1M tokens is about 4 MB of text; an isolate has 128 MB for all.
 */
export const MAX_BODY_BYTES = 4 * 1024 * 1024

/** The most bytes of a UTF-16 code unit in JSON: `\u00e9`. */
export const MAX_BYTES_PER_CHAR = 6

/**
 * A visitor's body beside the prompt's text: the braces and names of 2,048 messages, and the other fields.
 */
export const BODY_FRAME_BYTES = 128 * 1024

/**
 * Bodies that an isolate holds at once. A call keeps about three times its body: the bytes that go upstream,
 * and what was parsed of them. One at a time is being parsed, which takes four times more.
 */
export const MAX_IN_FLIGHT_BYTES = 16 * 1024 * 1024

/** Of these, what visitors may hold together: the rest is for keys. */
export const VISITORS_IN_FLIGHT_BYTES = MAX_IN_FLIGHT_BYTES / 2

/** When to try again where too much is held: a body of a usual size is read in less. */
export const IN_FLIGHT_RETRY_MS = 1_000

/**
 * How long a body may take to arrive: this, and the time of its length at 256 kbit/s, a slow phone's. A body
 * whose length isn't told has the longest.
 */
export const BODY_MS = 10_000
export const BODY_BYTES_PER_SECOND = 32 * 1024
export const MAX_BODY_MS = BODY_MS + (1000 * MAX_BODY_BYTES) / BODY_BYTES_PER_SECOND

/**
 * How much of a too large body is read and dropped. Answering while the sender still sends would reset its
 * connection before it sees the answer.
 */
export const MAX_DRAINED_BYTES = 32 * 1024 * 1024

/** A form with a recording: OpenAI takes files of 25 MiB, and its fields are small. */
export const MAX_FORM_BYTES = (25 * 1024 + 64) * 1024

/**
 * Parts of a form, and the head of one. OpenAI's API has some 20 fields, of which the lists have a part for
 * each word.
 */
export const MAX_FORM_PARTS = 256
export const MAX_FORM_HEAD_BYTES = 2048

/**
 * How much of a form is counted among the bodies that an isolate holds: it is kept once, where JSON is kept
 * three times.
 */
export const FORM_SHARE = 1 / 3

/** Messages in one request. OpenAI itself takes 2,048 at the most. */
export const MAX_MESSAGES = 2048

/** Items of one input of the Responses API. An agent adds three a step: 3,000 steps. */
export const MAX_INPUT_ITEMS = 10_000

/** A name in a request, such as a tool's; and a stop sequence. OpenAI takes names of 64 at the most. */
export const MAX_NAME_CHARS = 256

/** Items of any other list that is read of a request, such as the tools or the parts of a message. */
export const MAX_LIST_ITEMS = 2048

/** A model's name, in a request and so in the log. The longest of fine-tuned models have some 100. */
export const MAX_MODEL_CHARS = 256

/**
 * The largest event that is parsed, in bytes; a generated picture has 1.3 to 4 MB. A larger event is relayed
 * in pieces, unparsed. A durable stream ends at it, because a row of the journal holds at most 2 MB.
 */
export const MAX_EVENT_BYTES = 1.5 * 1024 * 1024

/** The largest cut-off event that is completed with an error, in characters. */
export const MAX_COMPLETED_CHARS = 1024 * 1024

/** One read of an answer: 16 tokens, more than come in 16 ms from a fast model. */
export const READ_BYTES = 4 * 1024

/** One read where more is waiting, and one read of the side of an answer that is thrown away. */
export const MAX_READ_BYTES = 32 * 1024

/** How far an answer is read ahead of a slow reader. */
export const MAX_GATHERED_BYTES = 256 * 1024

/** An unstreamed answer. It is held whole, to be checked before it is passed on. */
export const MAX_JSON_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * The first bytes of an answer that is passed on unread, such as pictures in JSON. A refusal with the status
 * of success has no more.
 */
export const MAX_CHECKED_BYTES = 64 * 1024

/** The usage in such an answer: some ten counts. */
export const MAX_USAGE_CHARS = 1024

/** The body of an upstream's refusal. Only its error envelope is used. */
export const MAX_ERROR_BODY_BYTES = 64 * 1024

/** Characters of an upstream's error message that are passed on. */
export const MAX_ERROR_MESSAGE_CHARS = 2000

/**
 * Letters and digits in a row of the system prompt that make an upstream's words unfit to be passed on: three
 * words. Fewer are in many sentences.
 */
export const PROMPT_STRETCH_CHARS = 16

/** The same of a configured secret. A key has 30 or more, and services show up to 8 of them. */
export const SECRET_STRETCH_CHARS = 12

/** Characters of an upstream's words about the account that are logged: two sentences. */
export const MAX_LOGGED_WORDS_CHARS = 300

/** Letters and digits in a row that these words and the question may not share: two words. */
export const QUOTED_STRETCH_CHARS = 12

/** A longer question isn't searched for them. Searching this one takes some 10 ms. */
export const MAX_SEARCHED_BYTES = 128 * 1024

/** How long the body of an upstream's refusal is waited for. Its status is enough to answer by. */
export const ERROR_BODY_MS = 2_000

/** How long each part of a call may take. */
export interface Deadlines {
  connect: number
  firstByte: number
  /** From the call to the first content, where the route sets none. `undefined`: as long as it takes. */
  firstToken?: number | undefined
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
  /**
   * Between two chunks. A tool or a long thought can pause a stream; after two minutes of nothing it is
   * dead.
   */
  silence: 2 * 60_000,
  /** The whole answer, streamed or not. OpenAI's own SDK has the same limit. */
  total: 10 * 60_000,
}

/**
 * An attempt that fails sooner than this, by a connection that breaks or a status of an outage, is taken to
 * have cost nothing. Else an upstream that is down would use up its callers' budgets.
 */
export const QUICK_FAILURE_MS = 1_000

/**
 * Tokens charged for each second in which the upstream was at work and nothing tells what it made. Reasoning
 * models write 50 to 150 tokens a second.
 */
export const UNSEEN_TOKENS_PER_SECOND = 100

/**
 * Until its first content, an answer is held while another upstream could still give it. Lifecycle events
 * repeat a request's instructions and tools: the longest that were seen are a tenth of this. More is passed
 * on, and then no other one is asked.
 */
export const MAX_HELD_BYTES = 256 * 1024

/**
 * An upstream rests after this many failures within this many milliseconds. A single one may be a
 * server that restarts.
 */
export const MOST_FAILURES = 3
export const FAILURES_MS = 30_000

/** How long it rests then. Each probe of an upstream that is down costs a caller its time. */
export const REST_MS = 30_000

/** The longest rest that an upstream's `Retry-After` can ask for: a daily limit may be raised meanwhile. */
export const MAX_REST_MS = 15 * 60_000

/** How long an upstream isn't asked for a model that it said it lacks: until then it may be deployed. */
export const LACKING_MS = 5 * 60_000

/** The most models that are remembered so, over all upstreams: some 50 KB. */
export const MAX_LACKING = 500

/** Attempts after the first, all before the first byte. OpenAI's SDK makes as many. */
export const MAX_RETRIES = 2

/** Backoff before retry n is `BASE * 2^n`, plus or minus a random quarter that spreads callers out. */
export const RETRY_BASE_MS = 250

/**
 * A longer `Retry-After` is passed on to the caller instead of waited for: the caller can plan better than a
 * held call.
 */
export const MAX_RETRY_WAIT_MS = 5_000

/**
 * How often the observed branch of a relayed stream is read. Waking JavaScript is the cost
 * (docs/decisions/0001-native-relay.md): once a second is negligible, and silence is still noticed to the
 * second.
 */
export const TAP_INTERVAL_MS = 1_000

/**
 * One read of the observed branch. A second of a fast model is 25 KB, two reads; each read gets a new
 * buffer.
 */
export const TAP_READ_BYTES = 16 * 1024

/** The first bytes of a relayed answer, in which its first token is looked for. A role and pings are less. */
export const MAX_START_BYTES = 16 * 1024

/**
 * After a caller left, bytes that have arrived may still be read for this long, to be accounted for.
 * Aborting the call drops them.
 */
export const LEAVE_GRACE_MS = 50

/** An answer up to this size, about 250 tokens, is counted in the invocation that relays it: 1 ms of CPU. */
export const MAX_COUNTED_HERE_BYTES = 64 * 1024

/**
 * Bytes of an answer that are held for one call to the meter; a longer answer is streamed to it. 256 KB are
 * about 1,000 tokens.
 */
export const MAX_HELD_FOR_METER_BYTES = 256 * 1024

/**
 * After the pipe to the caller broke: how long to wait for a sign that the upstream broke it. Both branches
 * learn of a broken upstream in the same turn; no sign within a second means that the caller left.
 */
export const BROKEN_PIPE_GRACE_MS = 1_000

/**
 * By when a relayed call is settled and logged at the latest, whatever it waits for: after its caller left,
 * when the runtime keeps an invocation for 30 s; and after the deadline of the whole answer, before its
 * reservation expires.
 */
export const SETTLED_AFTER_LEAVING_MS = 10_000
export const SETTLED_AFTER_TOTAL_MS = 30_000

/** When a request is logged whose caller left and which has no answer yet. */
export const LOGGED_AFTER_LEAVING_MS = 20_000

/**
 * How long an object may take to answer a request. The longest that it works on one is for a stream: some
 * 2 s for the deployment's tokens, and `OPENING_GRACE_MS`.
 */
export const OBJECT_REPLY_MS = 15_000

/** How long the deployment's object may take to grant tokens. It waits `CALL_BACK_MS` itself. */
export const GRANT_MS = 6_000

/**
 * How long the caller's object may take to settle a call, how often it is asked, and the pause after it
 * failed at once: a restart takes less.
 */
export const SETTLE_ATTEMPT_MS = 5_000
export const SETTLE_ATTEMPTS = 3
export const SETTLE_PAUSE_MS = 1_000

/** How long sent bytes have to arrive before their connection is broken off. */
export const BREAK_OFF_GRACE_MS = 50

/**
 * How long the opening of a durable stream waits for the upstream's first byte. Most refusals come sooner
 * and can then be an HTTP status; a longer wait would keep the stream's id from the reader.
 */
export const OPENING_GRACE_MS = 2_500

/**
 * The longest that an event waits to be journalled. Rows written are the price of storage; a restart can lose
 * as much of an answer as comes in this time.
 */
export const FLUSH_MS = 2_000

/** How often a running stream's clock ticks: it looks at the readers, and every few ticks it journals. */
export const TICK_MS = 500

/**
 * A row of the journal is full at this size: some 250 events. A running stream holds the events of the row
 * that is not full in memory, so this bounds that too. A row holds at most 2 MB.
 */
export const MAX_PACK_BYTES = 64 * 1024

/** Events and bytes of one stream: the longest answers have some 30,000 chunks of 250 bytes. */
export const MAX_STREAM_EVENTS = 100_000
export const MAX_STREAM_BYTES = 16 * 1024 * 1024

/** Readers of one stream at once: tabs and devices of one person. */
export const MAX_READERS = 32

/** Wait after a probe write for a dead connection to surface. */
export const PROBE_MS = 100

/**
 * Objects that share a key's durable streams. One thread handles some 60 streams of 50 tokens/s: 8 make 480,
 * and 32 make 1,900. Then the ledger, which hears of each stream's begin, progress and end, has some 400
 * messages a second.
 */
export const KEY_SHARDS = 8
export const MAX_KEY_SHARDS = 32

/**
 * Calls of an object that wait for their headers. The platform allows six outgoing connections to do so, and
 * may cancel a stalled one if there is a seventh. The sixth is for other calls, such as to the ledger.
 */
export const MAX_HEADERLESS_CALLS = 5

/** Calls that wait until they may be made: with half a second each, the last one waits 6 s. */
export const MAX_WAITING_OPENINGS = 64

/** Running streams of one object: each takes 100 to 400 KB, and an object has 128 MB. */
export const MAX_RUNNING_STREAMS = 256

/** Kept streams of one object, running or ended: at 50 KB each, half a gigabyte of an object's ten. */
export const MAX_KEPT_STREAMS = 10_000

/** The longest that a response is kept, as OpenAI says of a stored one: 30 days. */
export const RESPONSE_KEEP_MS = 30 * 24 * 3_600_000

/**
 * Of a kept response with its conversation, as JSON: SQLite's rows in a Durable Object have at most 2 MB, and
 * a character has up to four bytes.
 */
export const MAX_KEPT_RESPONSE_CHARS = 450_000

/**
 * Delay before an idle object is checked and wiped. Each check writes a row. A page is often read for
 * minutes before its first question.
 */
export const IDLE_LOOK_MS = 10 * 60_000

/** The most bytes that one write to a reader holds. */
export const MAX_WRITE_BYTES = 1024 * 1024

/**
 * How far a live reader may fall behind before its connection is cut. It loses nothing: it can continue from
 * the journal.
 */
export const MAX_READER_LAG_BYTES = 1024 * 1024

/**
 * A reader that has taken no bytes for this long while some were waiting counts as gone: its connection may
 * be dead.
 */
export const READER_STALL_MS = 60_000

/** A comment is sent after this long without an event, so that no proxy takes the connection for dead. */
export const HEARTBEAT_MS = 15_000

/** How long streams are kept, and how long one runs without readers. */
export interface Keeping {
  /** After a stream's end: long enough for a train's tunnel, or a phone in a pocket. */
  kept: number
  /** Without any reader, until the call is ended: an answer without readers should not cost tokens. */
  abandoned: number
}

export const KEEPING: Keeping = { kept: 10 * 60_000, abandoned: 5 * 60_000 }

/**
 * Leases of a day that is over that are removed in one go: some 10 ms, in which nothing is granted. A million
 * take 0.4 s on a fast machine.
 */
export const LEASES_REMOVED_AT_ONCE = 10_000

/** The largest plausible token count of one call: a thousand times the largest context window. */
export const MAX_CALL_TOKENS = 1_000_000_000

/**
 * How long a day's account is kept after the day ends. By then its last calls have ended; the clocks of two
 * machines differ by less.
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
 * How long after its caller's last call an unused slice goes back at the earliest: about as long as reading
 * an answer and asking again takes. Callers differ, up to twice this.
 */
export const SLICE_IDLE_MS = 60_000

/** Callers that are asked at once to give back: as many connections as an object may have waiting. */
export const CALL_BACK_AT_ONCE = 6

/** Callers that are asked for one request. The others are for the next one. */
export const CALL_BACK_CALLERS = 60

/** The longest that a request waits for what is called back: some seconds are a long first token. */
export const CALL_BACK_MS = 2_000

/**
 * How long a caller that was asked isn't asked again, so that a deployment without tokens doesn't wake its
 * callers for each refusal. A refused request is told to come back after it.
 */
export const CALL_BACK_PAUSE_MS = 5_000

/**
 * Characters of a durable answer after which its progress is counted and noted in the budget: some 1,000
 * tokens, which a call that is never settled is then charged too little at the most. Each note is a row
 * written.
 */
export const PROGRESS_CHARS = 4096

/** The longest `Retry-After` that OpenAI's SDK obeys; told to wait longer, it tries again within seconds. */
export const MAX_OBEYED_WAIT_MS = 60_000

/**
 * How deep arrays and objects may be nested in a body. A tool's JSON schema, the deepest part of real
 * requests, has some 20 levels; walking a body by recursion overflows the stack at some thousands.
 */
export const MAX_JSON_DEPTH = 64

/** Choices of one answer. OpenAI itself takes 128 at the most. */
export const MAX_CHOICES = 128

/** Tokens of one visitor's question where `MAX_INPUT_TOKENS` and `MAX_OUTPUT_TOKENS` are not set. */
export const VISITOR_TOKENS = {
  /** A long conversation at a page: some 6,000 words. */
  input: 8192,
  /** 3,000 words; or 1,000 after a reasoning model's thoughts, which count too. */
  output: 4096,
}

/**
 * Characters of a prompt for each token that it may have. A longer prompt is refused without being counted,
 * so the limit bounds the time that counting takes. English has 4.4 characters a token, deeply indented code
 * 8; only runs of one character have more (128 blanks are a token).
 */
export const MAX_CHARS_PER_TOKEN = 16

/**
 * A longer text is counted in pieces of this many characters, so that counting stops once the limit is
 * passed: at most 5 ms a piece.
 */
export const COUNTED_CHARS = 4096

/**
 * How far into a picture or a sound its header is looked for, in characters of base64. A camera's JPEG has up
 * to 64 KB of notes and a small picture before its size.
 */
export const MAX_HEADER_CHARS = 512 * 1024

/** Chunks or segments of a file that are looked at for its header. Real files have some 20 before it. */
export const MAX_HEADER_STEPS = 128

/** What is assumed of a part whose cost isn't known, where its tokens are shown and nothing is reserved. */
export const ASSUMED_PART = {
  /** In pixels: a picture that OpenAI's guides use as their example. */
  imageSize: { width: 1024, height: 1024 },
  /** Tokens: such a picture for gpt-4o; 100 s of sound; 10 pages of a PDF, each as text and as a picture. */
  tokens: { picture: 765, sound: 1000, spoken: 1000, file: 20_000, other: 765 },
} as const

/**
 * What a call of a tool that the upstream makes itself adds to the prompt. Source, as of November 2026:
 * OpenAI's guides "Retrieval" and "File search" (a chunk has at most 800 tokens unless the store was made
 * with another size, and a search has at most 50 results), and its page "Pricing" (a web search counts as
 * 8,000 tokens of input for gpt-4o-mini and gpt-4.1-mini). For other models no size of a web search is
 * documented.
 */
export const TOOL_RESULT = {
  /** With the file's name and attributes. */
  chunk: 800 + 64,
  mostChunks: 50,
  webSearch: 8000,
} as const

/**
 * Chunks of one search, if an owner's `TOOLS` doesn't say: 3,000 words. With 20, three searches would reserve
 * all that a visitor has for a day.
 */
export const OWNERS_CHUNKS = 5

/** Calls of tools for one answer, if `TOOL_ROUNDS` is unset: a search, a better one, and a look elsewhere. */
export const TOOL_ROUNDS = 3

/** How long a visitor's token is valid. */
export const SESSION_MS = 60 * 60_000

/**
 * How long after the first token a session can be renewed. The visitor, and with it the day's budget, stays
 * the same for that long.
 */
export const SESSION_RENEWABLE_MS = 24 * 60 * 60_000

/** A longer token is rejected unread. Ours have some 250 characters, and a host name has at most 253. */
export const MAX_TOKEN_CHARS = 2048

/** The body of a request for a session: it holds a Turnstile token, of at most 2,048 characters. */
export const MAX_SESSION_BODY_BYTES = 8 * 1024

/**
 * New sessions from one address (IPv6: one /64). An office or a school behind one address opens a hundred in
 * a day; a machine that collects budgets wants thousands.
 */
export const SESSIONS_PER_ADDRESS = [
  { name: 'minute', most: 10, ms: 60_000 },
  { name: 'day', most: 200, ms: 24 * 60 * 60_000 },
] as const

/** For Turnstile's whole answer. It takes some 100 ms; a visitor who waits longer than this has given up. */
export const TURNSTILE_DEADLINE_MS = 5_000

/** Turnstile's answer has some 200 bytes. */
export const MAX_TURNSTILE_ANSWER_BYTES = 64 * 1024

/** An `Origin`: a scheme, a host name of at most 253 characters, and a port. */
export const MAX_ORIGIN_CHARS = 8 + 253 + 6

/** Characters of a path or a name that are repeated to the caller who sent it. */
export const MAX_SHOWN_CHARS = 100

/** How often an isolate asks the upstream for `/healthz?upstream`, and for how long it waits. */
export const HEALTH_INTERVAL_MS = 10_000
export const HEALTH_DEADLINE_MS = 5_000

/** How long a browser may cache a preflight's answer, in seconds: Chrome's own limit. */
export const PREFLIGHT_MAX_AGE_S = 7200

/** All header names that a preflight asks for, together: OpenAI's SDK sends some 20 of its own. */
export const MAX_ASKED_HEADERS_CHARS = 2048

/**
 * Tokens reserved for an answer without an output limit; an answer that grows beyond them ends as `budget`.
 * Most models write at most this much.
 */
export const RESERVED_OUTPUT_TOKENS = 16_384

/** From the last moment at which a call can end until its reservation is settled without a count. */
export const RESERVATION_GRACE_MS = 60_000

/** The period of the rate limit binding, the same as in wrangler.toml. */
export const BURST_PERIOD_MS = 10_000

/** A visitor's default limits: a few long conversations a day, and a few answers at once. */
export const VISITOR_BUDGET = { tokensPerDay: 100_000, calls: 3 }

/**
 * How a streamed answer is cut into the windows that moderation judges. Characters are UTF-16 code units, as
 * everywhere.
 */
export interface WindowSizes {
  /**
   * Text is shown once it and this many characters after it have passed. So no part of a flagged phrase of
   * up to this length is shown, even across two windows. A dozen words; 0.2 s of a fast model's text, 1.6 s
   * at 11.4 tokens a second (the example that the race on the page replays).
   */
  phrase: number
  /** Characters that have passed and are sent again before new text, as its context. At least `phrase`. */
  context: number
  /**
   * A window closes at this many new characters, or this long after the first of them. The first window is
   * short so that the first token comes soon.
   */
  first: { chars: number; ms: number }
  /**
   * Each window is twice as long as the one before, up to this: a reader gets new text once a second. A fast
   * model's answer of 500 tokens takes 9 calls and 1,100 tokens; OpenAI's first tier has 500 calls and
   * 10,000 tokens a minute.
   */
  last: { chars: number; ms: number }
  /**
   * Characters of data in events that wait for their verdict: 3,000 tokens with their JSON. Beyond it the
   * upstream waits; and where no verdict can free any of it, the answer ends.
   */
  held: number
}

export const MODERATION_WINDOWS: WindowSizes = {
  phrase: 64,
  context: 400,
  first: { chars: 32, ms: 250 },
  last: { chars: 1024, ms: 1_000 },
  held: 1024 * 1024,
}

/** Size of a held event beside its data. Without it, any number of comments would fit the bound. */
export const HELD_ITEM_CHARS = 100

/** How long the moderation API may take, and how often it is retried. */
export interface RetryBudget {
  /** One attempt. It usually takes 0.1 to 0.5 s. */
  attempt: number
  /**
   * A verdict, with all attempts and the waits between them: the longest that a reader should wait in
   * mid-sentence.
   */
  verdict: number
  /**
   * The wait after the first of several failures; each further failure doubles it, plus or minus a random
   * quarter.
   */
  backoff: number
  /**
   * The longest such wait. A `Retry-After` is obeyed in full up to a minute; a longer one is more likely an
   * error.
   */
  longestBackoff: number
  longestRetryAfter: number
  /** After a failure, one call is retried alone, this long ahead of the others. */
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

/**
 * One input of a moderation call; a longer text is cut into several. 2,000 tokens of English: far below the
 * model's window, even in other scripts.
 */
export const MAX_JUDGED_CHARS = 8_000

/**
 * Characters shared by two inputs cut from one text, so that one of them holds a phrase across the cut
 * whole.
 */
export const JUDGED_OVERLAP_CHARS = 200

/** Inputs in one moderation call. */
export const MAX_JUDGED_INPUTS = 16

/** The moderation API's answer: 13 categories with their scores take 2 KB an input. */
export const MAX_VERDICT_BYTES = 256 * 1024

/**
 * How long an answer's events gather to be read and sent together: one frame of a screen. The first words
 * don't wait.
 */
export const MIN_GATHER_MS = 16

/**
 * The answers of an isolate share its thread, and most of what an event costs is waking for it. So they
 * gather for this long for each answer that runs, up to the most.
 */
export const GATHER_MS_PER_ANSWER = 2
export const MAX_GATHER_MS = 48

/** After so long without a read, an answer takes none of its isolate's time. */
export const FORGOTTEN_MS = 10_000
