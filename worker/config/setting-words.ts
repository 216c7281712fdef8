/**
 * What docs/CONFIGURATION.md says of each setting, for people who deploy. `npm run docs` writes the page. It
 * is no part of the Worker: the types see to it that each setting of settings.ts has its words.
 */
import { OWNERS_CHUNKS, VISITOR_TOKENS } from '../limits.ts'
import { DEFAULT_MODEL, type SettingName } from './settings.ts'

export interface SettingWords {
  /** What holds where it is unset, in words: where that is no value, or depends on another setting. */
  unset?: string
  /** Set with `wrangler secret put`, never in a file that is committed. */
  secret?: true
  /** What it does. */
  about: string
}
type Words = Readonly<Partial<Record<SettingName, SettingWords>>>

/** The README names these five. */
const FIRST_DEPLOYMENT = {
  OPENAI_API_KEY: {
    unset: 'the demo answers',
    secret: true,
    about: 'The key for the upstream. Pages and callers never see it.',
  },
  ACCESS_KEYS: {
    unset: 'no keys',
    secret: true,
    about:
      'Who may call without a page: `name:sha256hex`, separated by commas. `npm run key -- NAME` makes one.',
  },
  ALLOWED_ORIGINS: {
    unset: "the Worker's own",
    about: 'Whose pages may call: `https://example.com` or `https://*.example.com`, separated by commas.',
  },
  SESSION_SECRET: {
    unset: 'no visitors',
    secret: true,
    about: 'Lets in visitors: people at a page, without a key. It signs their tokens. 32 characters or more.',
  },
  TOTAL_DAILY_TOKENS: {
    unset: 'no limit',
    about: 'Tokens of all callers together in a UTC day: the most that a day can cost.',
  },
} as const satisfies Words

const UPSTREAM = {
  OPENAI_BASE_URL: {
    about: "The upstream's address: any server that speaks OpenAI's format.",
  },
  MODELS: {
    unset: `any for keys, \`${DEFAULT_MODEL}\` for visitors`,
    about: `The models on offer, separated by commas. The first is used where a request names none (unset: \`${DEFAULT_MODEL}\`, of which no end was announced by November 2026). Set it when the upstream no longer has a model.`,
  },
  UPSTREAMS: {
    unset: 'the one of `OPENAI_BASE_URL`',
    about:
      'Several upstreams, in order of preference: `azure=https://…/openai/v1, openai=https://api.openai.com/v1`. The key of `azure` is the secret `UPSTREAM_KEY_AZURE`. The next one is asked when one fails: [when](PROTOCOL.md#several-upstreams). A name that is a known kind tells what a server at an unknown address is: `openai`, `azure`, `cloudflare`, `cloudflare-gateway`, `openrouter`, `groq`, `mistral`, `ollama`, `vllm`.',
  },
  MODEL_ROUTES: {
    unset: 'each model at each upstream, by its own name',
    about:
      'Which upstreams have a model, and their names for it: `model = azure/my-deployment, openai; fast = groq/llama-4 @5s, openai/gpt-5.4-mini #400k`. `@5s` (or `@800ms`) is how long that upstream has until its first content. `#400k` (or `#1M`) is its context window: a prompt that was too long for another one goes there. If `MODELS` is unset, the first model here is used where a request names none.',
  },
  OUTPUT_BOUND_FIELD: {
    unset: '`max_completion_tokens` for OpenAI, Azure and Groq, `max_tokens` for others',
    about:
      'The field by which the upstream takes the bound of an answer: `max_completion_tokens` or `max_tokens`.',
  },
  FILL_USAGE: {
    about:
      'Whether callers who ask for `usage` get an estimate where the upstream sends none: `on`, `off`, or `auto` (`on` for upstreams that may not send it: all but OpenAI, Azure, Groq, Mistral and OpenRouter).',
  },
  LOCATION_HINT: {
    unset: 'near the caller',
    about:
      'Where the objects of new callers are placed, and so where calls of durable streams leave from: `wnam`, `enam`, `sam`, `weur`, `eeur`, `apac`, `oc`, `afr` or `me`.',
  },
  KEY_SHARDS: {
    about:
      'How many objects share the durable streams of one key. One holds some 60 streams of 50 tokens/s, and opens 5 at a time. At most 32.',
  },
} as const satisfies Words

const VISITORS = {
  SYSTEM_PROMPT: {
    unset: 'none',
    about: "Goes before a visitor's messages. A page can't replace it.",
  },
  SUGGESTIONS: {
    about:
      'Has the model end its answers to visitors with up to three questions to go on with, which the widget shows as buttons: `on` or `off`. They come with the same call, and cost some 110 tokens of the prompt and 60 of the answer.',
  },
  VISITOR_FIELDS: {
    unset: 'none',
    about:
      'What visitors may send beside a conversation in text: `tools`, `image_url`, …, separated by commas.',
  },
  TOOLS: {
    unset: 'none',
    about: `What the upstream may use to answer visitors who ask by the Responses API, in its own form: a JSON list of \`file_search\` with \`vector_store_ids\` (and ${OWNERS_CHUNKS} results, unless \`max_num_results\` says more), \`web_search\`, and \`mcp\` with \`server_url\`, \`allowed_tools\` and \`"require_approval": "never"\`, which needs \`MAX_PART_TOKENS\`. Visitors can't name tools, stores or servers themselves.`,
  },
  RUN_CODE: {
    about:
      "Whether pages may run an answer's code, in a frame of its own: `on` or `off`. `npm start` turns it on. [What it isolates](RUNNING.md).",
  },
  TURNSTILE_SECRET: {
    unset: 'no challenge',
    secret: true,
    about:
      "Has Cloudflare's Turnstile check that a new visitor is a person, by the challenge of `TURNSTILE_SITE_KEY`.",
  },
  TURNSTILE_SITE_KEY: {
    unset: 'none',
    about: "Which of Turnstile's widgets the page shows. Needs `TURNSTILE_SECRET`.",
  },
  TURNSTILE_VERIFY_URL: {
    about: "Where Turnstile's tokens are checked.",
  },
} as const satisfies Words

const BUDGETS = {
  MAX_INPUT_TOKENS: {
    unset: `no limit for keys, ${VISITOR_TOKENS.input} for visitors`,
    about: 'Tokens of one prompt.',
  },
  MAX_PART_TOKENS: {
    unset: 'such a part is refused where tokens are limited',
    about:
      'The most tokens that a part of unknown cost can have: a file, a sound, a picture for a model whose rule is not known, or one that such a model draws.',
  },
  MAX_OUTPUT_TOKENS: {
    unset: `no limit for keys, ${VISITOR_TOKENS.output} for visitors`,
    about: 'Tokens of each choice of an answer.',
  },
  TOOL_ROUNDS: {
    about:
      'The most calls of tools that the upstream may make for one answer, for visitors and for keys with a budget. What they can cost is reserved.',
  },
  VISITOR_DAILY_TOKENS: {
    about: 'Tokens of each visitor in a UTC day, prompts and answers together.',
  },
  VISITOR_CONCURRENCY: {
    about: 'Answers of each visitor that run at once.',
  },
  KEY_DAILY_TOKENS: {
    unset: 'no limit',
    about: 'Tokens of each access key in a UTC day.',
  },
  UNSEEN_TOKENS_PER_SECOND: {
    about:
      'What is charged for each second in which the upstream was at work and nothing tells what it made: a call that is left while the model thinks, for one.',
  },
} as const satisfies Words

const TIMES = {
  CONNECT_TIMEOUT_MS: {
    about: 'Until the upstream answers a streamed call with a status.',
  },
  FIRST_TOKEN_TIMEOUT_MS: {
    unset: 'no limit',
    about:
      'From a streamed call to its first content. Then the next upstream is asked; the last one’s call ends. A model that thinks may say nothing for minutes. `MODEL_ROUTES` can give a route its own.',
  },
  FIRST_BYTE_TIMEOUT_MS: {
    about: 'From the status to the first byte.',
  },
  SILENCE_TIMEOUT_MS: {
    about: 'Between two chunks of an answer.',
  },
  TOTAL_TIMEOUT_MS: {
    about: 'The whole answer.',
  },
  STREAM_KEEP_MS: {
    about: 'How long a durable stream is kept after its end.',
  },
  RESPONSE_KEEP_MS: {
    about: 'How long a response and its conversation are kept after the question: 30 days at most.',
  },
  STREAM_ABANDONED_MS: {
    about:
      'How long a durable stream goes on without a reader. A response with `background` goes on to its end.',
  },
} as const satisfies Words

const MODERATION = {
  MODERATION: {
    about: 'What is judged before it is shown: `input` (questions), `output` (answers), `both` or `off`.',
  },
  MODERATION_MODE: {
    about:
      '`hold` shows text once it has passed. `retract` shows it at once, and withdraws it if it is flagged.',
  },
  MODERATION_RETRACT_CHARS: {
    about: 'With `retract`: how many characters may be shown ahead of what has passed.',
  },
  MODERATION_UNREACHABLE: {
    about:
      "What happens to text where the moderation API can't be reached: not shown (`closed`), or shown (`open`).",
  },
  MODERATION_MODEL: {
    about: 'The model that judges.',
  },
  MODERATION_URL: {
    unset: "the upstream's",
    about: "The moderation API's address.",
  },
  MODERATION_API_KEY: {
    unset: "the upstream's key",
    secret: true,
    about:
      "The key for the moderation API. Unset, the upstream's key is sent, but only if `MODERATION_URL` has the upstream's origin.",
  },
} as const satisfies Words

const OWN_MACHINE = {
  OPEN_ACCESS: {
    about: 'Lets everyone call, at `localhost` and 127.0.0.1 alone. `npm start` sets it.',
  },
  DEMO_SPEED: {
    about: "Divides the demo's times.",
  },
} as const satisfies Words

/** By the titles under which the documentation lists them. */
export const GROUPS = {
  'A first deployment': FIRST_DEPLOYMENT,
  Upstream: UPSTREAM,
  Visitors: VISITORS,
  'Budgets, in tokens': BUDGETS,
  'Times, in milliseconds': TIMES,
  Moderation: MODERATION,
  'Your own machine': OWN_MACHINE,
} as const

/** A setting without words is an error of types. */
export const WORDS: Readonly<Record<SettingName, SettingWords>> = {
  ...FIRST_DEPLOYMENT,
  ...UPSTREAM,
  ...VISITORS,
  ...BUDGETS,
  ...TIMES,
  ...MODERATION,
  ...OWN_MACHINE,
}
