/**
 * Every setting, once: how its text is read, and what holds where it is unset. What the documentation says of
 * it stands in setting-words.ts, which the Worker doesn't load. `readConfig` (config.ts) and `npm start` are
 * made from this table.
 */
import {
  DEADLINES,
  KEEPING,
  KEY_SHARDS,
  MAX_KEY_SHARDS,
  RESPONSE_KEEP_MS,
  TOOL_ROUNDS,
  UNSEEN_TOKENS_PER_SECOND,
  VISITOR_BUDGET,
} from '../limits.ts'
import {
  accessKeys,
  address,
  apiKey,
  baseAddress,
  boolean,
  ConfigError,
  count,
  countUpTo,
  fields,
  models,
  numberFrom,
  oneOf,
  origins,
  type Parse,
  secret,
  text,
} from './parsers.ts'
import { tools } from './tools.ts'
import { KEY_PREFIX, modelRoutes, upstreams } from './upstreams.ts'

/** Configuration as it arrives: text, or absent. Empty text counts as absent, as deploy forms send it. */
export type Vars = Readonly<Record<string, unknown>>

export interface Setting {
  parse: Parse<unknown>
  /** The value where it is unset. */
  fallback?: unknown
}

export const OPENAI = 'https://api.openai.com/v1'
/**
 * Where neither the request nor `MODELS` names one. OpenAI had announced no end of it by November 2026 (the
 * comments of its SDK 7.57.0 list the ends). Models age: docs and tests take the name from here, and
 * test/config/settings.test.ts holds the documentation to it.
 */
export const DEFAULT_MODEL = 'gpt-5.4-mini'
/** Source: Cloudflare, "Turnstile: Validate the token". */
const TURNSTILE = 'https://challenges.cloudflare.com/turnstile/v0/siteverify'

/** In milliseconds. */
const HOUR = 3_600_000
const upToAnHour = numberFrom(1, HOUR)
const upToADay = numberFrom(1, 24 * HOUR)

export const SETTINGS = {
  // A first deployment
  OPENAI_API_KEY: { parse: apiKey },
  ACCESS_KEYS: { parse: accessKeys, fallback: [] },
  ALLOWED_ORIGINS: { parse: origins, fallback: [] },
  SESSION_SECRET: { parse: secret },
  TOTAL_DAILY_TOKENS: { parse: count },

  // Upstream
  OPENAI_BASE_URL: { parse: baseAddress(OPENAI), fallback: OPENAI },
  MODELS: { parse: models },
  UPSTREAMS: { parse: upstreams, fallback: new Map<string, string>() },
  MODEL_ROUTES: { parse: modelRoutes, fallback: {} },
  OUTPUT_BOUND_FIELD: { parse: oneOf('max_completion_tokens', 'max_tokens') },
  FILL_USAGE: { parse: oneOf('auto', 'on', 'off'), fallback: 'auto' },
  LOCATION_HINT: {
    // Source: Cloudflare, "Durable Objects: Data location".
    parse: oneOf('wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'),
  },
  KEY_SHARDS: { parse: countUpTo(MAX_KEY_SHARDS), fallback: KEY_SHARDS },

  // Visitors
  SYSTEM_PROMPT: { parse: text },
  SUGGESTIONS: { parse: oneOf('on', 'off'), fallback: 'off' },
  VISITOR_FIELDS: { parse: fields, fallback: new Set<string>() },
  TOOLS: { parse: tools, fallback: [] },
  RUN_CODE: { parse: oneOf('on', 'off'), fallback: 'off' },
  TURNSTILE_SECRET: { parse: text },
  TURNSTILE_SITE_KEY: { parse: text },
  TURNSTILE_VERIFY_URL: { parse: address(TURNSTILE), fallback: TURNSTILE },

  // Budgets, in tokens
  MAX_INPUT_TOKENS: { parse: count },
  MAX_PART_TOKENS: { parse: count },
  MAX_OUTPUT_TOKENS: { parse: count },
  TOOL_ROUNDS: { parse: count, fallback: TOOL_ROUNDS },
  VISITOR_DAILY_TOKENS: { parse: count, fallback: VISITOR_BUDGET.tokensPerDay },
  VISITOR_CONCURRENCY: { parse: count, fallback: VISITOR_BUDGET.calls },
  KEY_DAILY_TOKENS: { parse: count },
  UNSEEN_TOKENS_PER_SECOND: { parse: numberFrom(0, 100_000), fallback: UNSEEN_TOKENS_PER_SECOND },

  // Times, in milliseconds
  CONNECT_TIMEOUT_MS: { parse: upToAnHour, fallback: DEADLINES.connect },
  FIRST_TOKEN_TIMEOUT_MS: { parse: upToAnHour },
  FIRST_BYTE_TIMEOUT_MS: { parse: upToAnHour, fallback: DEADLINES.firstByte },
  SILENCE_TIMEOUT_MS: { parse: upToAnHour, fallback: DEADLINES.silence },
  TOTAL_TIMEOUT_MS: { parse: upToAnHour, fallback: DEADLINES.total },
  STREAM_KEEP_MS: { parse: upToADay, fallback: KEEPING.kept },
  RESPONSE_KEEP_MS: { parse: numberFrom(1, RESPONSE_KEEP_MS), fallback: RESPONSE_KEEP_MS },
  STREAM_ABANDONED_MS: { parse: upToADay, fallback: KEEPING.abandoned },

  // Moderation
  MODERATION: { parse: oneOf('off', 'input', 'output', 'both'), fallback: 'off' },
  MODERATION_MODE: { parse: oneOf('hold', 'retract'), fallback: 'hold' },
  MODERATION_RETRACT_CHARS: { parse: numberFrom(1, 100_000), fallback: 1000 },
  MODERATION_UNREACHABLE: { parse: oneOf('closed', 'open'), fallback: 'closed' },
  MODERATION_MODEL: { parse: text, fallback: 'omni-moderation-latest' },
  MODERATION_URL: { parse: address(`${OPENAI}/moderations`) },
  MODERATION_API_KEY: { parse: text },

  // Your own machine
  OPEN_ACCESS: { parse: boolean, fallback: false },
  DEMO_SPEED: { parse: numberFrom(0.01, 100_000), fallback: 1 },
} as const satisfies Readonly<Record<string, Setting>>

export type SettingName = keyof typeof SETTINGS

/** The value of each setting, by its name. */
export type Values = {
  readonly [Name in SettingName]:
    | ReturnType<(typeof SETTINGS)[Name]['parse']>
    | ((typeof SETTINGS)[Name] extends { fallback: infer Fallback } ? Fallback : undefined)
}

/** @throws {ConfigError} naming the first variable with a wrong value */
export function readValues(vars: Vars): Values {
  const read = ([name, { parse, fallback }]: [string, Setting]) => {
    const text = textOf(name, vars[name])
    return [name, text === undefined ? fallback : parse(text, name)]
  }
  return Object.fromEntries(Object.entries(SETTINGS).map(read))
}

/** The keys of `UPSTREAMS`, by the names of their settings. */
export function readKeys(vars: Vars): Map<string, string> {
  const names = Object.keys(vars).filter((name) => name.startsWith(KEY_PREFIX))
  const read = (name: string) => {
    const text = textOf(name, vars[name])
    return text === undefined ? [] : [[name, apiKey(text, name)] as const]
  }
  return new Map(names.flatMap(read))
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  // wrangler.toml may hold `DEMO_SPEED = 10` or `OPEN_ACCESS = true`.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') throw new ConfigError(`${name} must be text.`)
  return value.trim() || undefined
}
