/**
 * What a caller may ask, and how much: one set of rules for holders of keys, a stricter one for visitors.
 *
 * @example
 *   const rules = rulesFor(caller, config, { counterFor, reserve: config.dailyTokens !== undefined })
 *   const chat = await readChatRequest(request, rules) // or an ApiError
 */
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import type { CallerId } from '../http/caller.ts'
import { RESERVED_OUTPUT_TOKENS, VISITOR_TOKENS } from '../limits.ts'
import type { ChatRequest } from '../protocol/wire.ts'
import type { Counter } from '../tokens/counter.ts'
import { limitOutput } from './output-limit.ts'
import { countPrompt } from './prompt-limit.ts'
import { type VisitorRules, visitorRequest } from './visitor-request.ts'

/** A `Config` is one: that of holders of keys. */
export interface Rules
  extends Pick<Config, 'models' | 'defaultModel' | 'fillUsage' | 'maxInputTokens' | 'maxOutputTokens'> {
  /** Counts each prompt; `undefined`: nothing depends on how long one is. */
  counterFor?: ((model: string) => Counter) | undefined
  /** Whether the call is reserved for, and settled at what the upstream counts. */
  reserve?: boolean
  /** `undefined`: the request is the caller's own, and goes to the upstream as it came. */
  visitor?: VisitorRules | undefined
}

export interface Counting {
  counterFor(model: string): Counter
  /** Whether a call is reserved for before it is made, so that its prompt must be counted, limited or not. */
  reserve: boolean
}

export function rulesFor(caller: CallerId, config: Config, { counterFor, reserve }: Counting): Rules {
  const { models, defaultModel, fillUsage, maxInputTokens, maxOutputTokens, visitors } = config
  if (!caller.startsWith('visitor:')) {
    const counted = reserve || maxInputTokens !== undefined
    return {
      models,
      defaultModel,
      fillUsage,
      maxInputTokens,
      maxOutputTokens,
      reserve,
      ...(counted && { counterFor }),
    }
  }
  return {
    // Where the owner names no models, a visitor doesn't choose: among all of the upstream's are very dear ones.
    models: models ?? [defaultModel],
    defaultModel,
    fillUsage,
    maxInputTokens: maxInputTokens ?? VISITOR_TOKENS.input,
    maxOutputTokens: maxOutputTokens ?? VISITOR_TOKENS.output,
    counterFor,
    reserve,
    visitor: config.upstream.kind === 'demo' ? withDemoFields(visitors) : visitors,
  }
}

/** The demo's own field, which the race sends; to any other upstream it is unknown, and refused as all that is. */
function withDemoFields(visitors: VisitorRules): VisitorRules {
  return { ...visitors, fields: new Set([...visitors.fields, 'demo_speed']) }
}

/** What a call will take at most, for whoever reserves it; `undefined`: nobody counted, or nobody bounds it. */
export interface CallTokens {
  prompt: number | undefined
  output: number | undefined
}

export interface Ruled {
  request: ChatRequest
  tokens: CallTokens
}

/** @param request with the model that will be asked for */
export function applyRules(request: ChatRequest & { model: string }, rules: Rules): Ruled | ApiError {
  const own = rules.visitor === undefined ? request : visitorRequest(request, rules.visitor)
  if (own instanceof ApiError) return own
  const output = limitOutput(own, rules.maxOutputTokens, rules.reserve ? RESERVED_OUTPUT_TOKENS : undefined)
  if (output instanceof ApiError) return output
  if (rules.maxInputTokens !== undefined && rules.counterFor === undefined) {
    throw new TypeError('A limit of input tokens needs a counter: make the rules with `rulesFor`.')
  }
  const counter = rules.counterFor?.(request.model)
  const prompt = counter && countPrompt(own, request.model, counter, rules.maxInputTokens)
  if (prompt instanceof ApiError) return prompt
  return { request: { ...own, ...output.set }, tokens: { prompt, output: output.tokens } }
}
