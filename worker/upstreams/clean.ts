/** A text of the upstream's, without what it tells of the upstream and of this Worker. */
import type { Secrets } from '../config/secrets.ts'
import { MAX_ERROR_MESSAGE_CHARS, PROMPT_STRETCH_CHARS, SECRET_STRETCH_CHARS } from '../limits.ts'
import { createStretches } from './stretches.ts'

const STRUCK = '[…]'

/** A shorter host's name may be a part of a word. */
const LONG_HOST_CHARS = 8

export interface Cleaning {
  /**
   * Strikes out of a text, in this order: what the configuration holds, by its value; then what looks like a
   * key, an address, a file or a trace. Takes time linear in the text.
   *
   * @returns `undefined`: the text can't be shown. It has a stretch of the system prompt; or a secret that is
   *   written in some other way, so that it wasn't struck out
   */
  clean(text: string): string | undefined
  /** Whether a short text, such as a header's value, has no secret and no host of the configuration. */
  isFree(text: string): boolean
}

export function createClean({ values, hosts, systemPrompt = '' }: Secrets): Cleaning {
  const configured = anyOf([...values.map(valuePattern), ...hosts.map(hostPattern)])
  const quotesPrompt = createStretches([{ text: systemPrompt, run: PROMPT_STRETCH_CHARS }])
  const long = (text: string) => text.length >= SECRET_STRETCH_CHARS
  const quotesSecret = createStretches([
    ...values.filter(long).map((text) => ({ text, run: SECRET_STRETCH_CHARS })),
    ...hosts.filter(({ length }) => length >= LONG_HOST_CHARS).map((text) => ({ text, run: text.length })),
  ])
  return {
    clean(text) {
      const shown = beginning(text)
      if (quotesPrompt(shown)) return undefined
      let struck = shown.replace(configured, STRUCK)
      for (const pattern of PRIVATE) struck = struck.replace(pattern, STRUCK)
      return quotesSecret(struck) ? undefined : struck.slice(0, MAX_ERROR_MESSAGE_CHARS)
    },
    isFree: (text) => text.search(configured) === -1 && !quotesSecret(text),
  }
}

/**
 * As much of a text as can be needed, cut before its patterns are looked for. The word that the cut goes
 * through is dropped: half a secret isn't recognised as one.
 */
function beginning(text: string): string {
  const most = 2 * MAX_ERROR_MESSAGE_CHARS
  if (text.length <= most) return text
  let end = most
  while (end > 0 && !/\s/.test(text.charAt(end))) end--
  return end === 0 ? STRUCK : text.slice(0, end)
}

/** The longest comes first, since a value may be the beginning of another. No patterns never match. */
const anyOf = (patterns: readonly string[]) =>
  new RegExp(patterns.toSorted((a, b) => b.length - a.length).join('|') || '(?!)', 'gi')

function valuePattern(value: string): string {
  // As it is; and as it stands in an address, in JSON and in base64.
  const forms = [value, encodeURIComponent(value.toWellFormed()), JSON.stringify(value).slice(1, -1)]
  const pattern = [...[...new Set(forms)].map(escaped), `${escaped(base64(value))}={0,2}`].join('|')
  // A short key, such as `none` for a server that needs none, may be a part of a word.
  return value.length < SECRET_STRETCH_CHARS ? `(?<!\\w)(?:${pattern})(?!\\w)` : pattern
}

/** A host with its port and path. */
const hostPattern = (host: string) =>
  `(?<![\\w-])\\[?${escaped(host)}\\]?(?![\\w-])(?::\\d+)?(?:/[^\\s"'<>]*)?`

const base64 = (text: string) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/={1,2}$/, '')

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Pages that explain an error. */
const PAGES = String.raw`(?:platform|help)\.openai\.com\b`

/**
 * Fields of a request, such as `messages.0.content`. `content.example.com` is no field: it ends like a host.
 */
const FIELDS = String.raw`(?:messages|tools|functions?|choices|content|body|chat|parameters|properties|schema|input|reasoning|audio|metadata|prediction|stop|items)\.(?![\w.-]*\.(?:com|net|org|io|ai|dev|app|cloud|internal|local|lan|corp|svc|host)\b)`

/** Names with dots, except names of documents. */
const HOST = String.raw`(?:[a-zA-Z\d-]+\.)+(?!(?:pdf|png|jpe?g|gif|webp|wav|mp3|txt|csv|jsonl?|html?)\b)(?:[a-z]{2,}|[A-Z]{2,})`

/**
 * What identifies the account or the machines behind any upstream. Each pattern takes time linear in the
 * text: none has a repetition without a bound that can begin at many places and run over the same characters
 * from each.
 */
const PRIVATE = [
  // Pydantic, and so vLLM, quotes the request that it refuses.
  /(?:['"]input['"]\s*:|\binput_value=)[\s\S]*/g,
  // The first line of a stack trace and all after it, also where its lines were joined. `\s` in place of
  // `[^\S\n]` would be quadratic in line feeds.
  /(?:\r?\n|\\n)[^\S\n]*(?:at |File "|Traceback)[\s\S]*/g,
  /\b(?:Traceback \(|File "[^"\n]{1,300}", line \d|goroutine \d|panic: |Exception in thread |Caused by: )[\s\S]*/g,
  /\bat (?:async |new )?(?!\d)(?:[\w$.<>[\]]{1,200} ?\([^\s()]{1,300}:\d+\)|[^\s()]{1,300}:\d+:\d+)[\s\S]*/g,
  // Keys: by the beginnings that the services give them; a JSON web token.
  /\b(?:sk|pk|rk|gsk|xai|nvapi|sess|mr|hf|ghp)[-_][\w*.-]{4,}/g,
  /\b(?:AIza|AKIA|eyJ)[\w*.-]{8,}/g,
  /\bBearer\s+\S+/gi,
  /\b(?:org|proj)[-_]\w{6,}/g,
  // A page that explains the error is the caller's to read; any other address is the upstream's own.
  new RegExp(`\\b(?!https?://${PAGES})[a-z][a-z\\d+.-]{1,20}://[^\\s"'<>]+`, 'gi'),
  // IPv6, in full or with `::`, with a zone and a port; then IPv4.
  /(?<![\w:.])\[?(?=[\da-f:.]{0,40}::|(?:[\da-f]{1,4}:){7})[\da-f:.]{2,60}(?:%\w{1,16})?\]?(?::\d{1,5})?(?![\w:])/gi,
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g,
  // Paths of files: of Windows; of Unix, but not those of OpenAI's API; and names of sources.
  /(?<!\w)[a-z]:[\\/]+[^\s"'<>|]+/gi,
  /(?<![\w\\])\\{2,}[\w.$-]+\\[^\s"'<>|]+/g,
  /(?<![\w/.:\])-])(?!\/v\d+(?:\/[a-z_]+)*(?![\w/-]|\.\w))(?:~|\.{1,2})?(?:\/[\w.@+%~-]+){2,}\/?(?::\d+)*/g,
  /(?<![\w./-])[\w./-]+\.(?:py|pyx|js|mjs|cjs|ts|go|rs|java|kt|rb|php|c|cc|cpp|h|cu|cs|so|jar|sock|conf|env)(?::\d+)*(?!\w)/g,
  // Bare hosts with a port, and names with dots.
  /(?<![\w.-])[a-z][\w-]{0,62}:\d{4,5}(?![\w.])/gi,
  new RegExp(`(?<![\\w.-])(?!${PAGES})(?!${FIELDS})${HOST}(?![a-zA-Z\\d_-]|\\.[a-z\\d_-])(?::\\d+)?`, 'g'),
  /(?<![\w.-])localhost\b(?::\d+)?/gi,
]
