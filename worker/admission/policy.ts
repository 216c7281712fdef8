/**
 * What a caller may ask, and how much: one set of rules for holders of keys, a stricter one for visitors.
 *
 * @example
 *   const rules = rulesFor(caller, config, { counterFor, reserve: limitsFor(caller, config) !== undefined })
 *   const chat = await readChatRequest(request, rules) // or an ApiError
 */
import type { Config } from '../config/config.ts'
import { ApiError } from '../errors.ts'
import type { Question, RequestFormat, VisitorRules } from '../formats/format.ts'
import { type CallerId, isVisitor } from '../http/caller.ts'
import {
  BODY_FRAME_BYTES,
  MAX_BODY_BYTES,
  MAX_BYTES_PER_CHAR,
  MAX_CHARS_PER_TOKEN,
  MAX_MODEL_CHARS,
  MAX_SHOWN_CHARS,
  RESERVED_OUTPUT_TOKENS,
  VISITOR_TOKENS,
} from '../limits.ts'
import type { AtUpstream } from '../responses/kept-responses.ts'
import type { Counter } from '../tokens/counter.ts'
import type { BodyBytes } from './in-flight.ts'
import { limitOutput } from './output-limit.ts'
import { countPrompt } from './prompt-limit.ts'

/** A `Config` satisfies this: the rules for key holders. */
export interface Rules
  extends Pick<
    Config,
    'models' | 'defaultModel' | 'upstream' | 'maxInputTokens' | 'maxOutputTokens' | 'maxPartTokens'
  > {
  /** Counts each prompt; `undefined`: nothing depends on how long one is. */
  counterFor?: ((model: string) => Counter) | undefined
  /** Whether tokens are put aside for the call, which is then settled at what the upstream counts. */
  reserve?: boolean
  /** Calls of the upstream's own tools for one answer; `undefined`: as many as the request says. */
  toolRounds?: number | undefined
  /** `undefined`: the request is the caller's own, and goes to the upstream as it came. */
  visitor?: VisitorRules | undefined
  /**
   * The items of the conversation up to an answer of this caller's, or which upstream has them. `undefined`:
   * there are no such answers.
   */
  conversation?: (id: string) => Promise<readonly unknown[] | AtUpstream | ApiError>
  /** The bytes of the body are taken from it as they come; `undefined`: nothing counts them. */
  bodyBytes?: BodyBytes | undefined
}

export interface Counting {
  counterFor(model: string): Counter
  /**
   * Whether tokens are put aside for a call before it is made, so that its prompt must be counted, limited or
   * not.
   */
  reserve: boolean
}

export function rulesFor(caller: CallerId, config: Config, { counterFor, reserve }: Counting): Rules {
  const { maxInputTokens, maxOutputTokens, visitors, upstream } = config
  const { defaultModel, maxPartTokens, toolRounds } = config
  const models = modelsFor(caller, config)
  const shared = { models, defaultModel, upstream, maxPartTokens, reserve }
  if (!isVisitor(caller)) {
    const counted = reserve || maxInputTokens !== undefined
    const counting = counted && { counterFor }
    return { ...shared, maxInputTokens, maxOutputTokens, ...counting, ...(reserve && { toolRounds }) }
  }
  return {
    ...shared,
    maxInputTokens: maxInputTokens ?? VISITOR_TOKENS.input,
    maxOutputTokens: maxOutputTokens ?? VISITOR_TOKENS.output,
    counterFor,
    toolRounds,
    visitor: upstream.kind === 'demo' ? withDemoFields(visitors) : visitors,
  }
}

/**
 * Some of an upstream's models are very expensive, so visitors choose among the models that the owner names.
 * The demo has one, under any name.
 *
 * @returns the models on offer; `undefined`: all that the upstream has
 */
export function modelsFor(
  caller: CallerId,
  { models, defaultModel, upstream }: Config,
): readonly string[] | undefined {
  return models ?? (isVisitor(caller) && upstream.kind !== 'demo' ? [defaultModel] : undefined)
}

/**
 * The largest body that a caller may send. A visitor's holds a prompt of bounded length, unless it may have
 * pictures, sounds or files.
 */
export function maxBodyBytes({ visitor, maxInputTokens }: Rules, format: RequestFormat): number {
  if (visitor === undefined || maxInputTokens === undefined) return MAX_BODY_BYTES
  if (format.takesFiles(visitor.fields)) return MAX_BODY_BYTES
  const prompt = maxInputTokens * MAX_CHARS_PER_TOKEN * MAX_BYTES_PER_CHAR
  return Math.min(MAX_BODY_BYTES, prompt + BODY_FRAME_BYTES)
}

/**
 * The race page sends a field of the demo's own. Other upstreams don't know it, so it is refused there as any
 * unknown field.
 */
function withDemoFields(visitors: VisitorRules): VisitorRules {
  return { ...visitors, fields: new Set([...visitors.fields, 'demo_speed']) }
}

export function chooseModel(asked: string | undefined, { models, defaultModel }: Rules): string | ApiError {
  const model = asked || defaultModel
  if (model.length > MAX_MODEL_CHARS) {
    return new ApiError('invalid_parameter', {
      message: `\`model\` must have at most ${MAX_MODEL_CHARS} characters.`,
      param: 'model',
    })
  }
  if (models === undefined || models.includes(model)) return model
  return modelNotOffered(model, models)
}

/** Names the model that was asked for: an SDK may have chosen it. */
export function modelNotOffered(model: string, offered: readonly string[]): ApiError {
  const shown = JSON.stringify(model.slice(0, MAX_SHOWN_CHARS))
  const message = `The model ${shown} is not offered here. On offer: ${offered.join(', ')}.`
  return new ApiError('model_not_found', { message, param: 'model' })
}

/** What was counted of a call before it is made. */
export interface CallTokens {
  /** `undefined`: the prompt was not counted. */
  prompt: number | undefined
  /**
   * The most that tools can add, if tokens are reserved. It is no part of the prompt that is limited or
   * shown.
   */
  tools?: number | undefined
}

export interface CallLimits {
  tokens: CallTokens
  /** Of all choices together; `undefined`: there is no bound. */
  outputBound: number | undefined
  /** The bound of each choice, to be written into the request; `undefined`: the request stays as it is. */
  boundEach: number | undefined
}

export function applyLimits(question: Question, model: string, rules: Rules): CallLimits | ApiError {
  if (rules.maxInputTokens !== undefined && rules.counterFor === undefined) {
    throw new TypeError('A limit of input tokens needs a counter: make the rules with `rulesFor`.')
  }
  const { each, all } = limitOutput(
    question,
    rules.maxOutputTokens,
    rules.reserve ? RESERVED_OUTPUT_TOKENS : undefined,
  )
  const counter = rules.counterFor?.(model)
  const prompt = counter && countPrompt(question, model, counter, rules)
  if (prompt instanceof ApiError) return prompt
  const { toolRounds: rounds = 0, maxPartTokens: mostOfPart } = rules
  const tools = rules.reserve
    ? question.toolTokens?.({ rounds, prompt: prompt ?? 0, output: all ?? 0, mostOfPart })
    : undefined
  if (tools instanceof ApiError) return tools
  return { tokens: { prompt, tools }, outputBound: all, boundEach: each }
}
