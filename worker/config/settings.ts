/**
 * Every setting, once: how its text is read, what holds where it is unset, and what the documentation says of it. `readConfig`
 * (config.ts), `npm start` and docs/CONFIGURATION.md (`npm run docs`) are made from this table.
 */
import {
  DEADLINES,
  KEEPING,
  OWNERS_CHUNKS,
  TOOL_ROUNDS,
  UNSEEN_TOKENS_PER_SECOND,
  VISITOR_BUDGET,
  VISITOR_TOKENS,
} from '../limits.ts'
import {
  accessKeys,
  address,
  apiKey,
  baseAddress,
  boolean,
  ConfigError,
  count,
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

/** Configuration as it arrives: text, or absent. Empty text counts as absent, as deploy forms send it. */
export type Vars = Readonly<Record<string, unknown>>

export interface Setting {
  parse: Parse<unknown>
  /** The value where it is unset. */
  fallback?: unknown
  /** What holds where it is unset, in words: where that is no value, or depends on another setting. */
  unset?: string
  /** Set with `wrangler secret put`, never in a file that is committed. */
  secret?: true
  /** What it does, for docs/CONFIGURATION.md. */
  about: string
}
type Settings = Readonly<Record<string, Setting>>

const OPENAI = 'https://api.openai.com/v1'
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

/** The README names these five. */
const FIRST_DEPLOYMENT = {
  OPENAI_API_KEY: {
    parse: apiKey,
    unset: 'the demo answers',
    secret: true,
    about: 'The key for the upstream. Pages and callers never see it.',
  },
  ACCESS_KEYS: {
    parse: accessKeys,
    fallback: [],
    unset: 'no keys',
    secret: true,
    about:
      'Who may call without a page: `name:sha256hex`, separated by commas. `npm run key -- NAME` makes one.',
  },
  ALLOWED_ORIGINS: {
    parse: origins,
    fallback: [],
    unset: "the Worker's own",
    about: 'Whose pages may call: `https://example.com` or `https://*.example.com`, separated by commas.',
  },
  SESSION_SECRET: {
    parse: secret,
    unset: 'no visitors',
    secret: true,
    about: 'Lets in visitors: people at a page, without a key. It signs their tokens. 32 characters or more.',
  },
  TOTAL_DAILY_TOKENS: {
    parse: count,
    unset: 'no limit',
    about: 'Tokens of all callers together in a UTC day: the most that a day can cost.',
  },
} as const satisfies Settings

const UPSTREAM = {
  OPENAI_BASE_URL: {
    parse: baseAddress(OPENAI),
    fallback: OPENAI,
    about: "The upstream's address: any server that speaks OpenAI's format.",
  },
  MODELS: {
    parse: models,
    unset: `any for keys, \`${DEFAULT_MODEL}\` for visitors`,
    about: `The models on offer, separated by commas. The first is used where a request names none (unset: \`${DEFAULT_MODEL}\`, of which no end was announced by November 2026). Set it when the upstream no longer has a model.`,
  },
  OUTPUT_BOUND_FIELD: {
    parse: oneOf('max_completion_tokens', 'max_tokens'),
    unset: '`max_completion_tokens` for OpenAI and Azure, `max_tokens` for others',
    about:
      'The field by which the upstream takes the bound of an answer: `max_completion_tokens` or `max_tokens`.',
  },
  FILL_USAGE: {
    parse: oneOf('auto', 'on', 'off'),
    fallback: 'auto',
    about:
      'Whether callers who ask for `usage` get an estimate where the upstream sends none: `on`, `off`, or `auto` (`on` for all upstreams but OpenAI and Azure).',
  },
  LOCATION_HINT: {
    // Source: Cloudflare, "Durable Objects: Data location".
    parse: oneOf('wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'),
    unset: 'near the caller',
    about:
      'Where the objects of new callers are placed, and so where calls of durable streams leave from: `wnam`, `enam`, `sam`, `weur`, `eeur`, `apac`, `oc`, `afr` or `me`.',
  },
} as const satisfies Settings

const VISITORS = {
  SYSTEM_PROMPT: {
    parse: text,
    unset: 'none',
    about: "Goes before a visitor's messages. A page can't replace it.",
  },
  VISITOR_FIELDS: {
    parse: fields,
    fallback: new Set<string>(),
    unset: 'none',
    about:
      'What visitors may send beside a conversation in text: `tools`, `image_url`, …, separated by commas.',
  },
  TOOLS: {
    parse: tools,
    fallback: [],
    unset: 'none',
    about: `What the upstream may use to answer visitors who ask by the Responses API, in its own form: a JSON list of \`file_search\` with \`vector_store_ids\` (and ${OWNERS_CHUNKS} results, unless \`max_num_results\` says more), \`web_search\`, and \`mcp\` with \`server_url\`, \`allowed_tools\` and \`"require_approval": "never"\`, which needs \`MAX_PART_TOKENS\`. Visitors can't name tools, stores or servers themselves.`,
  },
  TURNSTILE_SECRET: {
    parse: text,
    unset: 'no challenge',
    secret: true,
    about:
      "Has Cloudflare's Turnstile check that a new visitor is a person, by the challenge of `TURNSTILE_SITE_KEY`.",
  },
  TURNSTILE_SITE_KEY: {
    parse: text,
    unset: 'none',
    about: "Which of Turnstile's widgets the page shows. Needs `TURNSTILE_SECRET`.",
  },
  TURNSTILE_VERIFY_URL: {
    parse: address(TURNSTILE),
    fallback: TURNSTILE,
    about: "Where Turnstile's tokens are checked.",
  },
} as const satisfies Settings

const BUDGETS = {
  MAX_INPUT_TOKENS: {
    parse: count,
    unset: `no limit for keys, ${VISITOR_TOKENS.input} for visitors`,
    about: 'Tokens of one prompt.',
  },
  MAX_PART_TOKENS: {
    parse: count,
    unset: 'such a part is refused where tokens are limited',
    about:
      'The most tokens that a part of unknown cost can have: a file, a sound, a picture for a model whose rule is not known.',
  },
  MAX_OUTPUT_TOKENS: {
    parse: count,
    unset: `no limit for keys, ${VISITOR_TOKENS.output} for visitors`,
    about: 'Tokens of each choice of an answer.',
  },
  TOOL_ROUNDS: {
    parse: count,
    fallback: TOOL_ROUNDS,
    about:
      'The most calls of tools that the upstream may make for one answer, for visitors and for keys with a budget. What they can cost is reserved.',
  },
  VISITOR_DAILY_TOKENS: {
    parse: count,
    fallback: VISITOR_BUDGET.tokensPerDay,
    about: 'Tokens of each visitor in a UTC day, prompts and answers together.',
  },
  VISITOR_CONCURRENCY: {
    parse: count,
    fallback: VISITOR_BUDGET.calls,
    about: 'Answers of each visitor that run at once.',
  },
  KEY_DAILY_TOKENS: { parse: count, unset: 'no limit', about: 'Tokens of each access key in a UTC day.' },
  UNSEEN_TOKENS_PER_SECOND: {
    parse: numberFrom(0, 100_000),
    fallback: UNSEEN_TOKENS_PER_SECOND,
    about:
      'What is charged for each second in which the upstream was at work and nothing tells what it made: a call that is left while the model thinks, for one.',
  },
} as const satisfies Settings

const TIMES = {
  CONNECT_TIMEOUT_MS: {
    parse: upToAnHour,
    fallback: DEADLINES.connect,
    about: 'Until the upstream answers a streamed call with a status.',
  },
  FIRST_BYTE_TIMEOUT_MS: {
    parse: upToAnHour,
    fallback: DEADLINES.firstByte,
    about: 'From the status to the first byte.',
  },
  SILENCE_TIMEOUT_MS: {
    parse: upToAnHour,
    fallback: DEADLINES.silence,
    about: 'Between two chunks of an answer.',
  },
  TOTAL_TIMEOUT_MS: { parse: upToAnHour, fallback: DEADLINES.total, about: 'The whole answer.' },
  STREAM_KEEP_MS: {
    parse: upToADay,
    fallback: KEEPING.kept,
    about: 'How long a durable stream is kept after its end.',
  },
  STREAM_ABANDONED_MS: {
    parse: upToADay,
    fallback: KEEPING.abandoned,
    about: 'How long a durable stream goes on without a reader.',
  },
} as const satisfies Settings

const MODERATION = {
  MODERATION: {
    parse: oneOf('off', 'input', 'output', 'both'),
    fallback: 'off',
    about: 'What is judged before it is shown: `input` (questions), `output` (answers), `both` or `off`.',
  },
  MODERATION_MODE: {
    parse: oneOf('hold', 'retract'),
    fallback: 'hold',
    about:
      '`hold` shows text once it has passed. `retract` shows it at once, and withdraws it if it is flagged.',
  },
  MODERATION_RETRACT_CHARS: {
    parse: numberFrom(1, 100_000),
    fallback: 1000,
    about: 'With `retract`: how many characters may be shown ahead of what has passed.',
  },
  MODERATION_UNREACHABLE: {
    parse: oneOf('closed', 'open'),
    fallback: 'closed',
    about:
      "What happens to text where the moderation API can't be reached: not shown (`closed`), or shown (`open`).",
  },
  MODERATION_MODEL: { parse: text, fallback: 'omni-moderation-latest', about: 'The model that judges.' },
  MODERATION_URL: {
    parse: address(`${OPENAI}/moderations`),
    unset: "the upstream's",
    about: "The moderation API's address.",
  },
  MODERATION_API_KEY: {
    parse: text,
    unset: "the upstream's key",
    secret: true,
    about:
      "The key for the moderation API. Unset, the upstream's key is sent, but only if `MODERATION_URL` has the upstream's origin.",
  },
} as const satisfies Settings

const OWN_MACHINE = {
  OPEN_ACCESS: {
    parse: boolean,
    fallback: false,
    about: 'Lets everyone call, at `localhost` and 127.0.0.1 alone. `npm start` sets it.',
  },
  DEMO_SPEED: { parse: numberFrom(0.01, 100_000), fallback: 1, about: "Divides the demo's times." },
} as const satisfies Settings

/** By the titles under which the documentation lists them. */
export const GROUPS = {
  'A first deployment': FIRST_DEPLOYMENT,
  Upstream: UPSTREAM,
  Visitors: VISITORS,
  'Budgets, in tokens': BUDGETS,
  'Times, in milliseconds': TIMES,
  Moderation: MODERATION,
  'Your own machine': OWN_MACHINE,
} as const satisfies Record<string, Settings>

const SETTINGS = {
  ...FIRST_DEPLOYMENT,
  ...UPSTREAM,
  ...VISITORS,
  ...BUDGETS,
  ...TIMES,
  ...MODERATION,
  ...OWN_MACHINE,
}

export const SETTING_NAMES = Object.keys(SETTINGS)

/** The value of each setting, by its name. */
export type Values = {
  readonly [Name in keyof typeof SETTINGS]:
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

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  // wrangler.toml may hold `DEMO_SPEED = 10` or `OPEN_ACCESS = true`.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') throw new ConfigError(`${name} must be text.`)
  return value.trim() || undefined
}
