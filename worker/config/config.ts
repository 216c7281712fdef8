/**
 * Env → Config, validated once. `wrangler dev`, a deployment and `npm start` all come through here, so that a
 * wrong value has one message, which names its variable. What a setting is stands in settings.ts; what
 * several of them make together, here.
 */
import type { OwnersTool } from '../formats/format.ts'
import type { Deadlines, Keeping } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { onceFor } from '../once-for.ts'
import { DEMO_MODEL } from '../protocol/wire.ts'
import { demo as demoHost } from '../upstreams/hosts/demo.ts'
import { hostOf } from '../upstreams/hosts/hosts.ts'
import { unknown } from '../upstreams/hosts/unknown.ts'
import type { ModerationApi } from '../upstreams/moderations.ts'
import { type AccessKey, ConfigError } from './parsers.ts'
import { DEFAULT_MODEL, OPENAI, readKeys, readValues, type Values, type Vars } from './settings.ts'
import { type KnownUpstream, namedUpstreams, type UpstreamConfig, type Upstreams } from './upstreams.ts'

export type { AccessKey, Vars }

export interface Config {
  upstream: ({ kind: 'demo'; speed: number } & Upstreams) | ({ kind: 'openai' } & Upstreams<UpstreamConfig>)
  /** The models offered, the default first. `undefined`: any the upstream has. */
  models: readonly string[] | undefined
  defaultModel: string
  accessKeys: readonly AccessKey[]
  openAccess: boolean
  deadlines: Deadlines
  keeping: Keeping
  /** How long a response is kept after its question: milliseconds. */
  responsesKept: number
  /**
   * Where callers' objects are placed, and so where their calls leave from; `undefined`: near each caller.
   */
  locationHint: LocationHint | undefined
  /** How many objects share a key's durable streams. */
  keyShards: number
  moderation: ModerationConfig
  visitors: VisitorConfig
  /**
   * Origins whose pages may call, beside the Worker's own: `https://example.com`, or `https://*.example.com`
   * for all under it.
   */
  allowedOrigins: readonly string[]
  /** Whether pages may run an answer's code (docs/RUNNING.md). */
  runCode: boolean
  /**
   * Of a prompt, and of each choice of an answer. `undefined`: as much as the upstream takes; for visitors,
   * limits.ts's.
   */
  maxInputTokens: number | undefined
  maxOutputTokens: number | undefined
  /** The most tokens that a part of unknown cost can have; `undefined`: no bound is known. */
  maxPartTokens: number | undefined
  /** Calls of the upstream's own tools for one answer, where tokens are reserved. */
  toolRounds: number
  budgets: Budgets
  /** Tokens charged for each second in which the upstream was at work and nothing tells what it made. */
  unseenPerSecond: number
}

/** Tokens in a UTC day, and calls at once. */
export interface Budgets {
  visitorTokens: number
  visitorCalls: number
  /** Of each key; `undefined`: no limit. */
  keyTokens: number | undefined
  /** Of all callers together; `undefined`: no limit. */
  totalTokens: number | undefined
}

/** What concerns visitors alone: people at pages, who have no key. */
export interface VisitorConfig {
  /** Signs their tokens. `undefined`: there are no visitors, and every call needs a key. */
  secret: string | undefined
  systemPrompt: string | undefined
  /** Whether answers end with questions to go on with, for pages that show them. */
  suggestions: boolean
  /** What they may send beside what a plain conversation needs. */
  fields: ReadonlySet<string>
  /** What the upstream may use to answer them. */
  tools: readonly OwnersTool[]
  /** `undefined`: no challenge. */
  turnstile: { siteKey: string | undefined; secret: string; verifyUrl: string } | undefined
}

export type LocationHint = NonNullable<Values['LOCATION_HINT']>

/** What is judged before it is shown, and how. */
export interface ModerationConfig extends Omit<Moderating, 'judge'> {
  /** Each is asked if the one before it has no verdict. None: the demo's own moderation. */
  apis: readonly ModerationApi[]
}

/**
 * The same object for the same environment.
 *
 * @throws {ConfigError} naming the first variable with a wrong value
 */
export const readConfig = onceFor((vars: Vars): Config => {
  const values = readValues(vars)
  const { MODELS: models, MODEL_ROUTES: routes } = values
  const all = upstreamsOf(values, readKeys(vars))
  const demo: KnownUpstream = {
    name: undefined,
    kind: demoHost,
    fillsUsage: judgesAnswers(values),
    settings: ONE,
  }
  return {
    upstream:
      all.length === 0
        ? { kind: 'demo', speed: values.DEMO_SPEED, all: [demo], routes }
        : { kind: 'openai', all, routes },
    models,
    defaultModel: models?.[0] ?? Object.keys(routes)[0] ?? (all.length === 0 ? DEMO_MODEL : DEFAULT_MODEL),
    accessKeys: values.ACCESS_KEYS,
    openAccess: values.OPEN_ACCESS,
    moderation: moderationOf(values, all),
    deadlines: {
      connect: values.CONNECT_TIMEOUT_MS,
      firstByte: values.FIRST_BYTE_TIMEOUT_MS,
      firstToken: values.FIRST_TOKEN_TIMEOUT_MS,
      silence: values.SILENCE_TIMEOUT_MS,
      total: values.TOTAL_TIMEOUT_MS,
    },
    keeping: { kept: values.STREAM_KEEP_MS, abandoned: values.STREAM_ABANDONED_MS },
    responsesKept: values.RESPONSE_KEEP_MS,
    locationHint: values.LOCATION_HINT,
    keyShards: values.KEY_SHARDS,
    visitors: {
      secret: values.SESSION_SECRET,
      systemPrompt: values.SYSTEM_PROMPT,
      suggestions: values.SUGGESTIONS === 'on',
      fields: values.VISITOR_FIELDS,
      tools: toolsOf(values),
      turnstile: turnstileOf(values),
    },
    allowedOrigins: values.ALLOWED_ORIGINS,
    runCode: values.RUN_CODE === 'on',
    maxInputTokens: values.MAX_INPUT_TOKENS,
    maxOutputTokens: values.MAX_OUTPUT_TOKENS,
    maxPartTokens: values.MAX_PART_TOKENS,
    toolRounds: values.TOOL_ROUNDS,
    budgets: {
      visitorTokens: values.VISITOR_DAILY_TOKENS,
      visitorCalls: values.VISITOR_CONCURRENCY,
      keyTokens: values.KEY_DAILY_TOKENS,
      totalTokens: values.TOTAL_DAILY_TOKENS,
    },
    unseenPerSecond: values.UNSEEN_TOKENS_PER_SECOND,
  }
})

function toolsOf({ TOOLS: tools, MAX_PART_TOKENS: mostOfPart }: Values): readonly OwnersTool[] {
  // Visitors' tokens are reserved, and nothing else tells how many a server's results can have.
  if (mostOfPart === undefined && tools.some(({ type }) => type === 'mcp')) {
    throw new ConfigError('TOOLS with mcp needs MAX_PART_TOKENS: the most tokens of one result.')
  }
  return tools
}

function turnstileOf(values: Values): VisitorConfig['turnstile'] {
  const { TURNSTILE_SECRET: secret, TURNSTILE_SITE_KEY: siteKey, TURNSTILE_VERIFY_URL: verifyUrl } = values
  if (secret !== undefined) return { siteKey, secret, verifyUrl }
  // Pages would show the challenge, and its result would not be checked.
  if (siteKey !== undefined) throw new ConfigError('TURNSTILE_SITE_KEY needs TURNSTILE_SECRET beside it.')
  return undefined
}

/** The settings of an upstream without a name. */
const ONE = { key: 'OPENAI_API_KEY', address: 'OPENAI_BASE_URL', models: 'MODELS' }

/** None: the demo answers. */
function upstreamsOf(values: Values, keys: ReadonlyMap<string, string>): UpstreamConfig[] {
  const { UPSTREAMS: addresses, MODEL_ROUTES: routes, MODELS: models, FILL_USAGE: fill } = values
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, OUTPUT_BOUND_FIELD: field } = values
  if (addresses.size > 0 && baseUrl !== OPENAI) {
    throw new ConfigError('UPSTREAMS stands in place of OPENAI_BASE_URL: set one of them.')
  }
  if (addresses.size === 0 && Object.keys(routes).length > 0)
    throw new ConfigError('MODEL_ROUTES needs UPSTREAMS.')
  // Before there were several, each key was sent as OpenAI's: proxies may ask for that.
  const kind = { ...hostOf(baseUrl), keyHeader: unknown.keyHeader }
  const one = apiKey === undefined ? [] : [{ name: undefined, baseUrl, apiKey, kind, settings: ONE }]
  const isOne = addresses.size === 0 && keys.size === 0
  const all = isOne ? one : namedUpstreams({ addresses, routes, models }, keys)
  return all.map(({ kind, ...rest }) => ({
    ...rest,
    kind: { ...kind, outputBoundField: field ?? kind.outputBoundField },
    // An answer that moderation ends early never gets to the upstream's usage.
    fillsUsage: judgesAnswers(values) || (fill === 'auto' ? !kind.sendsUsage : fill === 'on'),
  }))
}

const judgesAnswers = ({ MODERATION: judged }: Values) => judged === 'output' || judged === 'both'

function moderationOf(values: Values, all: readonly UpstreamConfig[]): ModerationConfig {
  const { MODERATION: judged, MODERATION_MODE: kind, MODERATION_URL: url } = values
  const own = all.filter(({ kind }) => kind.routes.includes('moderations'))
  if (judged !== 'off' && all.length > 0 && own.length === 0 && url === undefined) {
    throw new ConfigError('MODERATION needs MODERATION_URL: no upstream here has moderations.')
  }
  const { MODERATION_API_KEY: key, MODERATION_MODEL: model } = values
  const judge = ({ apiKey, kind }: Partial<UpstreamConfig>, url: string, index: number): ModerationApi => ({
    url,
    // One key is for one service: the others keep theirs.
    apiKey: (index === 0 ? key : undefined) ?? apiKey,
    keyHeader: kind?.keyHeader ?? unknown.keyHeader,
    model,
  })
  // An upstream's key goes to its own origin alone.
  const isAt = ({ baseUrl }: UpstreamConfig) => new URL(baseUrl).origin === new URL(url ?? baseUrl).origin
  return {
    input: judged === 'input' || judged === 'both',
    output: judgesAnswers(values),
    ownersPrompt: values.SYSTEM_PROMPT,
    ownersTools: values.TOOLS,
    mode: kind === 'hold' ? { kind } : { kind, lead: Math.floor(values.MODERATION_RETRACT_CHARS) },
    unreachable: values.MODERATION_UNREACHABLE,
    apis:
      url === undefined
        ? own.map((one, index) => judge(one, `${one.baseUrl}/moderations`, index))
        : [judge(all.find(isAt) ?? {}, url, 0)],
  }
}
