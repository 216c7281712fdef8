/**
 * Env → Config, validated once. The only reader of the environment: `wrangler dev`, a deployment and
 * `npm start` all come through here, so that a wrong value has one message, which names its variable.
 */

import { DEADLINES, type Deadlines, KEEPING, type Keeping, VISITOR_BUDGET } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import type { ModerationApi } from '../upstreams/moderations.ts'
import {
  ConfigError,
  listOf,
  parseAddress,
  readBoolean,
  readChoice,
  readCount,
  readNumber,
  textOf,
} from './config-values.ts'

/** Configuration as it arrives: text, or absent. Empty text counts as absent, as deploy forms send it. */
export type Vars = Readonly<Record<string, unknown>>

export interface Config {
  upstream: { kind: 'demo'; speed: number } | { kind: 'openai'; baseUrl: string; apiKey: string }
  /** The models offered, the default first. `undefined`: any the upstream has. */
  models: readonly string[] | undefined
  defaultModel: string
  accessKeys: readonly AccessKey[]
  openAccess: boolean
  /** Whether a streamed answer that lacks the usage its caller asked for gets it here, at the cost of JavaScript per chunk. */
  fillUsage: boolean
  deadlines: Deadlines
  keeping: Keeping
  /** Where callers' objects are made, and so where their calls leave from; `undefined`: near each caller. */
  locationHint: LocationHint | undefined
  moderation: ModerationConfig
  visitors: VisitorConfig
  /** Origins whose pages may call, beside the Worker's own: `https://example.com`, or `https://*.example.com` for all under it. */
  allowedOrigins: readonly string[]
  /** Of a prompt, and of each choice of an answer. `undefined`: as much as the upstream takes; for visitors, limits.ts's. */
  maxInputTokens: number | undefined
  maxOutputTokens: number | undefined
  budgets: Budgets
}

/** Tokens in a UTC day, and calls at once. */
export interface Budgets {
  visitorTokens: number
  visitorCalls: number
  /** Of each key; `undefined`: none. */
  keyTokens: number | undefined
  /** Of all callers together; `undefined`: none. */
  totalTokens: number | undefined
}

/** What concerns visitors alone: people at pages, who have no key. */
export interface VisitorConfig {
  /** Signs their tokens. `undefined`: there are no visitors, and every call needs a key. */
  secret: string | undefined
  systemPrompt: string | undefined
  /** What they may send beside what a plain conversation needs. */
  fields: ReadonlySet<string>
  /** `undefined`: nobody has to prove to be human. */
  turnstile: { siteKey: string | undefined; secret: string; verifyUrl: string } | undefined
}

/** Source: Cloudflare, "Durable Objects: Data location". */
const LOCATION_HINTS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const
export type LocationHint = (typeof LOCATION_HINTS)[number]

/** What is judged before it is shown, and how. */
export interface ModerationConfig extends Omit<Moderating, 'judge'> {
  /** `undefined`: the demo's own moderation. */
  api: ModerationApi | undefined
}

/** `sha256`: 64 lower-case hex digits of the key's hash; the key itself is kept nowhere. */
export interface AccessKey {
  name: string
  sha256: string
}

/** The names read here: what `npm start` takes from its environment. */
export const CONFIG_NAMES = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'MODELS',
  'ACCESS_KEYS',
  'OPEN_ACCESS',
  'DEMO_SPEED',
  'FILL_USAGE',
  'CONNECT_TIMEOUT_MS',
  'FIRST_BYTE_TIMEOUT_MS',
  'SILENCE_TIMEOUT_MS',
  'TOTAL_TIMEOUT_MS',
  'STREAM_KEEP_MS',
  'STREAM_ABANDONED_MS',
  'LOCATION_HINT',
  'ALLOWED_ORIGINS',
  'SESSION_SECRET',
  'SYSTEM_PROMPT',
  'VISITOR_FIELDS',
  'TURNSTILE_SITE_KEY',
  'TURNSTILE_SECRET',
  'TURNSTILE_VERIFY_URL',
  'MAX_INPUT_TOKENS',
  'MAX_OUTPUT_TOKENS',
  'VISITOR_DAILY_TOKENS',
  'VISITOR_CONCURRENCY',
  'KEY_DAILY_TOKENS',
  'TOTAL_DAILY_TOKENS',
  'MODERATION',
  'MODERATION_MODE',
  'MODERATION_RETRACT_CHARS',
  'MODERATION_UNREACHABLE',
  'MODERATION_MODEL',
  'MODERATION_URL',
  'MODERATION_API_KEY',
] as const
type ConfigName = (typeof CONFIG_NAMES)[number]

const OPENAI = 'https://api.openai.com/v1'
/** Where neither the request nor `MODELS` names one. */
const DEFAULT_MODEL = 'gpt-4o-mini'
/** What the demo calls itself, so that nobody takes its words for a model's. */
const DEMO_MODEL = 'millrace-demo'
/** Source: Cloudflare, "Turnstile: Validate the token". */
const TURNSTILE = 'https://challenges.cloudflare.com/turnstile/v0/siteverify'

/** [spec] RFC 2104, 3: a shorter secret than the hash's output weakens the signature. Base64 of 24 random bytes has 32. */
const LEAST_SECRET_CHARS = 32

const MODERATION_MODEL = 'omni-moderation-latest'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** @throws {ConfigError} naming the first variable with a wrong value */
export function readConfig(vars: Vars): Config {
  const read = (name: ConfigName) => textOf(name, vars[name])
  const apiKey = read('OPENAI_API_KEY')
  const models = readModels(read('MODELS'))
  const baseUrl = readBaseUrl(read('OPENAI_BASE_URL') ?? OPENAI)
  const speed = readNumber('DEMO_SPEED', read('DEMO_SPEED'), { fallback: 1, least: 0.01, most: 100_000 })
  const period = (name: ConfigName, fallback: number, most = HOUR_MS) =>
    readNumber(name, read(name), { fallback, least: 1, most })
  // A header value can't hold these, and a key pasted with a line break is the usual way to get one.
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigError('OPENAI_API_KEY has a character that no key has: was it pasted whole?')
  }
  const moderation = readModeration(read, { baseUrl, apiKey })
  return {
    upstream: apiKey === undefined ? { kind: 'demo', speed } : { kind: 'openai', baseUrl, apiKey },
    models: models ?? (apiKey === undefined ? [DEMO_MODEL] : undefined),
    defaultModel: models?.[0] ?? (apiKey === undefined ? DEMO_MODEL : DEFAULT_MODEL),
    accessKeys: readAccessKeys(read('ACCESS_KEYS')),
    openAccess: readBoolean('OPEN_ACCESS', read('OPEN_ACCESS')),
    // An answer that is ended here has no usage of its upstream's.
    fillUsage:
      moderation.output || readFillUsage(read('FILL_USAGE'), apiKey === undefined ? undefined : baseUrl),
    moderation,
    deadlines: {
      connect: period('CONNECT_TIMEOUT_MS', DEADLINES.connect),
      firstByte: period('FIRST_BYTE_TIMEOUT_MS', DEADLINES.firstByte),
      silence: period('SILENCE_TIMEOUT_MS', DEADLINES.silence),
      total: period('TOTAL_TIMEOUT_MS', DEADLINES.total),
    },
    keeping: {
      kept: period('STREAM_KEEP_MS', KEEPING.kept, DAY_MS),
      abandoned: period('STREAM_ABANDONED_MS', KEEPING.abandoned, DAY_MS),
    },
    locationHint: readLocationHint(read('LOCATION_HINT')),
    visitors: {
      secret: readSecret(read('SESSION_SECRET')),
      systemPrompt: read('SYSTEM_PROMPT'),
      fields: readFields(read('VISITOR_FIELDS')),
      turnstile: readTurnstile(read),
    },
    allowedOrigins: readOrigins(read('ALLOWED_ORIGINS')),
    maxInputTokens: readCount('MAX_INPUT_TOKENS', read('MAX_INPUT_TOKENS')),
    maxOutputTokens: readCount('MAX_OUTPUT_TOKENS', read('MAX_OUTPUT_TOKENS')),
    budgets: {
      visitorTokens:
        readCount('VISITOR_DAILY_TOKENS', read('VISITOR_DAILY_TOKENS')) ?? VISITOR_BUDGET.tokensPerDay,
      visitorCalls: readCount('VISITOR_CONCURRENCY', read('VISITOR_CONCURRENCY')) ?? VISITOR_BUDGET.calls,
      keyTokens: readCount('KEY_DAILY_TOKENS', read('KEY_DAILY_TOKENS')),
      totalTokens: readCount('TOTAL_DAILY_TOKENS', read('TOTAL_DAILY_TOKENS')),
    },
  }
}

function readModels(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined
  const models = [...new Set(listOf(text))]
  if (models.length === 0) throw new ConfigError('MODELS must name at least one model, or be left out.')
  return models
}

/** @returns the address without a slash at its end, so that a path can be put behind it */
function readBaseUrl(text: string): string {
  const url = parseAddress(text)
  if (url === undefined || url.search) {
    throw new ConfigError('OPENAI_BASE_URL must be an http(s) address such as https://api.openai.com/v1.')
  }
  return url.href.replace(/\/+$/, '')
}

function readAccessKeys(text: string | undefined): AccessKey[] {
  const keys = listOf(text ?? '').map((entry, index) => {
    const [, name, sha256] = /^([\w.-]{1,64}):([0-9a-f]{64})$/i.exec(entry) ?? []
    if (name === undefined || sha256 === undefined) {
      // Never the entry itself: what stands there by mistake may well be a key.
      throw new ConfigError(`ACCESS_KEYS: entry ${index + 1} is not name:sha256hex (64 hex digits).`)
    }
    return { name, sha256: sha256.toLowerCase() }
  })
  const names = keys.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new ConfigError(`ACCESS_KEYS: the name ${twice} is there twice.`)
  return keys
}

/** @returns origins as browsers send them: no slash, no default port, hosts in small letters and Punycode */
function readOrigins(text: string | undefined): string[] {
  const origins = listOf(text ?? '').map((entry, index) => {
    const url = parseAddress(entry)
    const [first, ...rest] = url?.hostname.split('.') ?? []
    const whole = url !== undefined && url.pathname === '/' && !url.search && !rest.some(isWild)
    // Of `https://*.com` and `https://*` everyone has a page; of one label of many, such as `https://a*.example.com`, nobody can say.
    if (!whole || (isWild(first) && (first !== '*' || rest.length < 2 || url.protocol !== 'https:'))) {
      const forms = 'https://example.com or https://*.example.com'
      throw new ConfigError(`ALLOWED_ORIGINS: entry ${index + 1} is not of the form ${forms}.`)
    }
    return url.origin
  })
  return [...new Set(origins)]
}

const isWild = (label: string | undefined) => label?.includes('*') === true

function readSecret(text: string | undefined): string | undefined {
  if (text === undefined || text.length >= LEAST_SECRET_CHARS) return text
  throw new ConfigError(
    `SESSION_SECRET must have at least ${LEAST_SECRET_CHARS} characters, such as \`openssl rand -base64 32\` prints.`,
  )
}

function readFields(text: string | undefined): Set<string> {
  const fields = listOf(text ?? '')
  const wrong = fields.findIndex((field) => !/^[a-z][a-z0-9_]{0,63}$/.test(field))
  if (wrong === -1) return new Set(fields)
  throw new ConfigError(
    `VISITOR_FIELDS: entry ${wrong + 1} is not the name of a field, such as tools or image_url.`,
  )
}

function readTurnstile(read: (name: ConfigName) => string | undefined): VisitorConfig['turnstile'] {
  const secret = read('TURNSTILE_SECRET')
  const siteKey = read('TURNSTILE_SITE_KEY')
  const verifyUrl = read('TURNSTILE_VERIFY_URL') ?? TURNSTILE
  if (parseAddress(verifyUrl) === undefined) {
    throw new ConfigError(`TURNSTILE_VERIFY_URL must be an http(s) address such as ${TURNSTILE}.`)
  }
  if (secret !== undefined) return { siteKey, secret, verifyUrl }
  // Pages would show the challenge, and nobody would look at what came of it.
  if (siteKey !== undefined) throw new ConfigError('TURNSTILE_SITE_KEY needs TURNSTILE_SECRET beside it.')
  return undefined
}

/** `auto`: OpenAI and Azure send usage where it is asked for, and so does the demo; of any other upstream nobody knows. */
function readFillUsage(text: string | undefined, baseUrl: string | undefined): boolean {
  if (text === undefined || text === 'auto') {
    return baseUrl !== undefined && !/(?:^|\.)(?:openai|azure)\.com$/.test(new URL(baseUrl).hostname)
  }
  if (text === 'on' || text === 'off') return text === 'on'
  throw new ConfigError('FILL_USAGE must be auto, on or off.')
}

function readLocationHint(text: string | undefined): LocationHint | undefined {
  const hint = LOCATION_HINTS.find((known) => known === text)
  if (hint !== undefined || text === undefined) return hint
  throw new ConfigError(`LOCATION_HINT must be one of ${LOCATION_HINTS.join(', ')}.`)
}

function readModeration(
  read: (name: ConfigName) => string | undefined,
  { baseUrl, apiKey }: { baseUrl: string; apiKey: string | undefined },
): ModerationConfig {
  const what = readChoice('MODERATION', read('MODERATION'), ['off', 'input', 'output', 'both'])
  const kind = readChoice('MODERATION_MODE', read('MODERATION_MODE'), ['hold', 'retract'])
  const retract = read('MODERATION_RETRACT_CHARS')
  const lead = readNumber('MODERATION_RETRACT_CHARS', retract, { fallback: 1000, least: 1, most: 100_000 })
  const address = read('MODERATION_URL')
  const url = parseAddress(address ?? `${baseUrl}/moderations`)
  if (url === undefined) {
    throw new ConfigError(
      'MODERATION_URL must be an http(s) address such as https://api.openai.com/v1/moderations.',
    )
  }
  // The upstream's key goes to the upstream, and to nobody else that an address may name.
  const own = url.origin === new URL(baseUrl).origin ? apiKey : undefined
  return {
    input: what === 'input' || what === 'both',
    output: what === 'output' || what === 'both',
    mode: kind === 'hold' ? { kind } : { kind, lead: Math.floor(lead) },
    unreachable: readChoice('MODERATION_UNREACHABLE', read('MODERATION_UNREACHABLE'), ['closed', 'open']),
    api:
      apiKey === undefined && address === undefined
        ? undefined
        : {
            url: url.href,
            apiKey: read('MODERATION_API_KEY') ?? own,
            model: read('MODERATION_MODEL') ?? MODERATION_MODEL,
          },
  }
}
