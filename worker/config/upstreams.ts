/**
 * `UPSTREAMS` and `MODEL_ROUTES`: who answers, in which order, and under which names.
 *
 * @example
 *   UPSTREAMS = azure=https://r.openai.azure.com/openai/v1, openai=https://api.openai.com/v1
 *   MODEL_ROUTES = gpt-5.4-mini = azure/my-deployment @5s, openai; long = openai/gpt-5.4 #1M
 */
import type { Host } from '../upstreams/hosts/host.ts'
import { hostOf } from '../upstreams/hosts/hosts.ts'
import { baseAddress, ConfigError, type Parse } from './parsers.ts'

/** What is known of an upstream before it is asked. */
export interface KnownUpstream {
  /** As `UPSTREAMS` names it; `undefined`: it is the only one. */
  readonly name: string | undefined
  readonly kind: Host
  /**
   * Whether answers that lack the usage their callers asked for get it here, at the cost of JavaScript per
   * chunk.
   */
  readonly fillsUsage: boolean
  /** The settings that hold its key and its address, and by which its models are chosen. */
  readonly settings: { readonly key: string; readonly address: string; readonly models: string }
}

/** A server. */
export interface UpstreamConfig extends KnownUpstream {
  /** With the version, and without a slash at its end: `https://api.openai.com/v1`. */
  readonly baseUrl: string
  /** `undefined`: it needs none. */
  readonly apiKey: string | undefined
}

/** Who may be asked, in order of preference, and what models are called there. */
export interface Upstreams<Known extends KnownUpstream = KnownUpstream> {
  readonly all: readonly Known[]
  readonly routes: ModelRoutes
}

/** One upstream of a model's route. */
export interface RouteStep {
  upstream: string | undefined
  /** The model's name there; `undefined`: the same. */
  model?: string
  /** Milliseconds until its first content has to come. */
  firstToken?: number
  /** Tokens of its context window. */
  window?: number
}

/** By the name under which callers ask. */
export type ModelRoutes = Readonly<Record<string, readonly RouteStep[]>>

const NAME = /^[a-z][a-z0-9-]{0,31}$/

const partsOf = (text: string, separators: RegExp) =>
  text
    .split(separators)
    .map((part) => part.trim())
    .filter(Boolean)

/** @returns the two sides of its first `=`; `undefined`: it has none */
function sidesOf(entry: string): [left: string, right: string] | undefined {
  const at = entry.indexOf('=')
  return at < 0 ? undefined : [entry.slice(0, at).trim(), entry.slice(at + 1).trim()]
}

/** @returns the addresses by their names, in their order */
export const upstreams: Parse<ReadonlyMap<string, string>> = (text, setting) => {
  const addresses = new Map<string, string>()
  for (const [index, entry] of partsOf(text, /[,\n]/).entries()) {
    const [name, address] = sidesOf(entry) ?? ['', '']
    const where = `${setting}: entry ${index + 1}`
    if (!NAME.test(name)) throw new ConfigError(`${where} is not of the form name=https://host/v1.`)
    if (addresses.has(name)) throw new ConfigError(`${setting}: the name ${name} is there twice.`)
    addresses.set(name, baseAddress(`${name}=https://host/v1`)(address, where))
  }
  if (addresses.size === 0) throw new ConfigError(`${setting} must name at least one, or be left out.`)
  return addresses
}

const HOUR = 3_600_000
const UNITS: Partial<Record<string, number>> = { ms: 1, s: 1000, k: 1000, M: 1_000_000 }

export const modelRoutes: Parse<ModelRoutes> = (text, setting) => {
  const routes = new Map<string, RouteStep[]>()
  for (const [index, entry] of partsOf(text, /[;\n]/).entries()) {
    const [model, right] = sidesOf(entry) ?? ['', '']
    const steps = right.split(',').map((step) => readStep(step.trim().split(/\s+/)))
    if (!/^[^\s,]{1,256}$/.test(model) || steps.includes(undefined)) {
      const form = 'model = upstream, upstream/its-name @5s #128k'
      throw new ConfigError(`${setting}: entry ${index + 1} is not of the form ${form}.`)
    }
    if (routes.has(model)) throw new ConfigError(`${setting}: entry ${index + 1} repeats a model.`)
    routes.set(model, steps as RouteStep[])
  }
  return Object.fromEntries(routes)
}

/** @param words `groq/llama-4`, `@5s` (first token), `#128k` (context window) */
function readStep([target = '', ...words]: readonly string[]): RouteStep | undefined {
  const [, upstream, model] = /^([a-z][a-z0-9-]{0,31})(?:\/(\S+))?$/.exec(target) ?? []
  if (upstream === undefined) return undefined
  const step: RouteStep = { upstream, ...(model !== undefined && { model }) }
  for (const word of words) {
    const [, number, unit = ''] = /^[@#](\d{1,9}(?:\.\d{1,3})?)(ms|s|k|M)?$/.exec(word) ?? []
    const value = Number(number) * (UNITS[unit] ?? 1)
    const isTime = /s$/.test(unit)
    // More than an hour is none, and too much for a timer.
    if (!(value > 0) || isTime !== word.startsWith('@') || (isTime && value > HOUR)) return undefined
    step[isTime ? 'firstToken' : 'window'] = value
  }
  return step
}

/** The family of settings with the upstreams' keys: `UPSTREAM_KEY_MY_AZURE` is that of `my-azure`. */
export const KEY_PREFIX = 'UPSTREAM_KEY_'

interface Named {
  addresses: ReadonlyMap<string, string>
  routes: ModelRoutes
  models: readonly string[] | undefined
}

/**
 * @param keys by the names of their settings
 * @returns the upstreams of `UPSTREAMS`, in their order
 */
export function namedUpstreams(
  { addresses, routes, models }: Named,
  keys: ReadonlyMap<string, string>,
): Omit<UpstreamConfig, 'fillsUsage'>[] {
  const settings = { address: 'UPSTREAMS', models: 'MODEL_ROUTES' }
  const all = [...addresses].map(([name, baseUrl]) => {
    const key = KEY_PREFIX + name.toUpperCase().replaceAll('-', '_')
    const kind = hostOf(baseUrl, name)
    const apiKey = keys.get(key)
    if (apiKey === undefined && kind.needsKey) throw new ConfigError(`${key} must have the key of ${name}.`)
    return { name, baseUrl, apiKey, kind, settings: { ...settings, key } }
  })
  const unused = [...keys.keys()].find((key) => !all.some(({ settings }) => settings.key === key))
  if (unused !== undefined) throw new ConfigError(`${unused} is the key of none of UPSTREAMS.`)
  for (const [index, [model, steps]] of Object.entries(routes).entries()) {
    const where = `MODEL_ROUTES: entry ${index + 1}`
    if (!steps.every(({ upstream = '' }) => addresses.has(upstream))) {
      throw new ConfigError(`${where} names an upstream that is not in UPSTREAMS.`)
    }
    if (models !== undefined && !models.includes(model)) {
      throw new ConfigError(`${where} is for a model that is not in MODELS.`)
    }
  }
  return all
}
