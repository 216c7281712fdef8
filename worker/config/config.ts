/**
 * Env → Config, validated once. `wrangler dev`, a deployment and `npm start` all come through here, so that a wrong value has
 * one message, which names its variable. What a setting is stands in settings.ts; what several of them make together, here.
 */
import type { OwnersTool } from '../formats/format.ts'
import type { Deadlines, Keeping } from '../limits.ts'
import type { Moderating } from '../moderation/moderating.ts'
import { DEMO_MODEL } from '../protocol/wire.ts'
import type { ModerationApi } from '../upstreams/moderations.ts'
import { type AccessKey, ConfigError } from './parsers.ts'
import { DEFAULT_MODEL, readValues, type Values, type Vars } from './settings.ts'

export type { AccessKey, Vars }

export interface Config {
  upstream: { kind: 'demo'; speed: number } | { kind: 'openai'; baseUrl: string; apiKey: string }
  /** The models offered, the default first. `undefined`: any the upstream has. */
  models: readonly string[] | undefined
  defaultModel: string
  /** The field by which the upstream takes the bound of an answer. */
  outputBoundField: 'max_completion_tokens' | 'max_tokens'
  accessKeys: readonly AccessKey[]
  openAccess: boolean
  /** Whether a streamed answer that lacks the usage its caller asked for gets it here, at the cost of JavaScript per chunk. */
  fillUsage: boolean
  deadlines: Deadlines
  keeping: Keeping
  /** Where callers' objects are placed, and so where their calls leave from; `undefined`: near each caller. */
  locationHint: LocationHint | undefined
  /** How many objects share a key's durable streams. */
  keyShards: number
  moderation: ModerationConfig
  visitors: VisitorConfig
  /** Origins whose pages may call, beside the Worker's own: `https://example.com`, or `https://*.example.com` for all under it. */
  allowedOrigins: readonly string[]
  /** Whether pages may run an answer's code (docs/RUNNING.md). */
  runCode: boolean
  /** Of a prompt, and of each choice of an answer. `undefined`: as much as the upstream takes; for visitors, limits.ts's. */
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
  /** `undefined`: the demo's own moderation. */
  api: ModerationApi | undefined
}

/** @throws {ConfigError} naming the first variable with a wrong value */
export function readConfig(vars: Vars): Config {
  const values = readValues(vars)
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl, FILL_USAGE: fillUsage, MODELS: models } = values
  const demo = apiKey === undefined
  // OpenAI and Azure know the newer fields, and send usage where it is asked for; so does the demo. Other upstreams may not.
  const official = demo || /(?:^|\.)(?:openai|azure)\.com$/.test(new URL(baseUrl).hostname)
  const moderation = moderationOf(values)
  return {
    upstream: demo ? { kind: 'demo', speed: values.DEMO_SPEED } : { kind: 'openai', baseUrl, apiKey },
    models,
    defaultModel: models?.[0] ?? (demo ? DEMO_MODEL : DEFAULT_MODEL),
    outputBoundField: values.OUTPUT_BOUND_FIELD ?? (official ? 'max_completion_tokens' : 'max_tokens'),
    accessKeys: values.ACCESS_KEYS,
    openAccess: values.OPEN_ACCESS,
    // An answer that moderation ends early never gets to the upstream's usage.
    fillUsage: moderation.output || (fillUsage === 'auto' ? !official : fillUsage === 'on'),
    moderation,
    deadlines: {
      connect: values.CONNECT_TIMEOUT_MS,
      firstByte: values.FIRST_BYTE_TIMEOUT_MS,
      silence: values.SILENCE_TIMEOUT_MS,
      total: values.TOTAL_TIMEOUT_MS,
    },
    keeping: { kept: values.STREAM_KEEP_MS, abandoned: values.STREAM_ABANDONED_MS },
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
}

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

function moderationOf(values: Values): ModerationConfig {
  const {
    MODERATION: judged,
    MODERATION_MODE: kind,
    OPENAI_API_KEY: apiKey,
    OPENAI_BASE_URL: baseUrl,
  } = values
  const url = values.MODERATION_URL ?? `${baseUrl}/moderations`
  // The upstream's key goes to the upstream's own origin alone.
  const ownKey = new URL(url).origin === new URL(baseUrl).origin ? apiKey : undefined
  const api = { url, apiKey: values.MODERATION_API_KEY ?? ownKey, model: values.MODERATION_MODEL }
  return {
    input: judged === 'input' || judged === 'both',
    output: judged === 'output' || judged === 'both',
    ownersPrompt: values.SYSTEM_PROMPT,
    ownersTools: values.TOOLS,
    mode: kind === 'hold' ? { kind } : { kind, lead: Math.floor(values.MODERATION_RETRACT_CHARS) },
    unreachable: values.MODERATION_UNREACHABLE,
    api: apiKey === undefined && values.MODERATION_URL === undefined ? undefined : api,
  }
}
