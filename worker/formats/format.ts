/**
 * What the Worker needs to know of a wire format. Each format is a folder beside this file, and nothing
 * outside that folder knows how its requests are written.
 */
import type { ApiError } from '../errors.ts'
import type { PromptPart } from '../tokens/part-tokens.ts'

/** The request half of a format. */
export interface RequestFormat {
  /**
   * Checks the fields of a request that the Worker reads. All other fields are left to the upstream.
   *
   * @param json a JSON object
   * @param visitor what a visitor may send; `undefined`: the request is the caller's own
   */
  read(json: Readonly<Record<string, unknown>>, visitor?: VisitorRules): Question | ApiError
  /**
   * Whether a visitor may send parts that have a size of their own, as a picture in base64 has: the limit of
   * the prompt's tokens doesn't bound them.
   */
  takesFiles(fields: VisitorRules['fields']): boolean
  /** The smallest request that asks this. */
  ask(text: string): Record<string, unknown>
  /**
   * Whether the JSON is meant as a request, valid or not. `/chat` also takes questions that happen to be
   * JSON.
   */
  isRequest(json: Readonly<Record<string, unknown>>): boolean
  /** The same request, as an upstream takes it that names the model so and knows these fields. */
  adapted(json: Readonly<Record<string, unknown>>, form: UpstreamForm): Record<string, unknown>
}

/** What differs by upstream in how a request is written. */
export interface UpstreamForm {
  /** Its own name for the model. */
  readonly model: string
  /** The field of Chat Completions by which it takes the bound of an answer. */
  readonly outputBoundField: OutputBoundField
  /** Whether it takes `stream_options`. One that doesn't sends usage unasked, or never. */
  readonly takesStreamOptions: boolean
}

/** A request that was read. */
export interface Question {
  /** The request to send upstream, before any changes. */
  readonly request: Readonly<Record<string, unknown>>
  /** `undefined`: the request names none. */
  readonly model: string | undefined
  readonly stream: boolean
  /** What the caller wants to be told at the end of a streamed answer. */
  readonly asks: { readonly usage: boolean; readonly timing: boolean }
  /** How many answers are asked for at once. */
  readonly choices: number
  /**
   * Each bound on the tokens of one choice that the request sets. A format can have several fields for it.
   */
  readonly outputBounds: readonly number[]
  /** The least bound that the upstream takes; `undefined`: any. */
  readonly leastOutputBound?: number
  /** The id of the stored answer that this question continues. */
  readonly previous?: string | undefined
  /** Ids of whatever else the request reads of the upstream's store. Nothing tells whose they are. */
  readonly storedIds?: readonly string[]
  /** Whether the caller wants the answer to go on without a connection. */
  readonly background?: boolean
  /** Whether the caller wants to read the answer again by its id. */
  readonly store?: boolean
  /** The field that holds the prompt: `param` of an error about it. */
  readonly promptField: string
  /**
   * The prompt's tokens, to be shown: exact for text. For a part of unknown cost a usual one is assumed.
   */
  promptTokens(model: string, counter: TextCounter): number
  /**
   * The most tokens that the upstream can bill for the prompt, to be reserved.
   *
   * @param mostOf of a part that isn't text; `undefined`: it is refused, since its cost is unknown
   */
  mostPromptTokens(
    model: string,
    counter: TextCounter,
    mostOf: (part: PromptPart) => number | undefined,
  ): number | ApiError
  /**
   * The most input that is billed beside the prompt, if the upstream calls tools itself: in each round the
   * model reads the prompt again, with all results and all that it wrote so far. `undefined`: the format has
   * no such tools.
   */
  toolTokens?(limits: ToolLimits): number | ApiError
  /**
   * All that the caller says to the model, for moderation, in each way in which a model may read it.
   *
   * @param ownersPrompt the owner's system prompt, which isn't judged
   * @param ownersTools the same of the owner's tools
   */
  judgedTexts(ownersPrompt: string | undefined, ownersTools?: readonly OwnersTool[]): string[]
  /**
   * The caller's own items; `undefined`: an answer of this format can't be continued by its id.
   */
  items?(): readonly unknown[]
  /** The same question in one conversation with these items before it, in place of `previous`. */
  after?(items: readonly unknown[]): Question
  changed(changes: Changes): Question
}

export interface TextCounter {
  count(text: string): number
}

export interface ToolLimits {
  /** Calls of tools, if the request doesn't set a lower bound. */
  rounds: number
  /** The most tokens of the prompt, and of the whole answer. */
  prompt: number
  output: number
  /** For a result of unknown size; `undefined`: a tool with such results is refused. */
  mostOfPart: number | undefined
}

/** What is set in a request before it goes upstream. */
export interface Changes {
  model: string
  stream: boolean
  /** Asks a streamed answer for its usage. */
  tellUsage: boolean
  /** The bound of each choice's tokens, in place of what the request says of it. */
  outputBound?: number | undefined
  /** The field that the bound goes into, if the format has several. */
  outputBoundField?: OutputBoundField | undefined
  /** The most calls of the upstream's tools; `undefined`: as the request says. */
  toolRounds?: number | undefined
  /** The Worker keeps the answer: the upstream is to store nothing, and to answer at once. */
  keptHere?: boolean
}

/**
 * Which of Chat Completions' two fields the upstream reads. Formats with one field for it ignore this
 * setting.
 */
export type OutputBoundField = 'max_completion_tokens' | 'max_tokens'

export interface VisitorRules {
  /** Put before the visitor's messages; `undefined`: none. */
  systemPrompt: string | undefined
  /** Whether answers end with suggestions, if the page asks for them. */
  suggestions?: boolean
  /**
   * Allowed beside the plain fields of a conversation: fields of a request or a message, and types of parts.
   */
  fields: ReadonlySet<string>
  /** The owner's tools, put into a visitor's request if its format has tools that the upstream calls. */
  tools?: readonly OwnersTool[]
}

/** A tool that the upstream calls itself, in the Responses API's form. */
export type OwnersTool = Readonly<Record<string, unknown> & { type: string }>
