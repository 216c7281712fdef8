/**
 * What is put aside for an answer is what the upstream may make: in every case, and in the field that it
 * reads.
 */
import { describe, expect, test } from 'vitest'
import { type ChatCall, readChatRequest, readStreamRequest } from '../../worker/admission/body.ts'
import { rulesFor } from '../../worker/admission/policy.ts'
import { readConfig } from '../../worker/config/config.ts'
import { DEFAULT_MODEL } from '../../worker/config/settings.ts'
import { ApiError } from '../../worker/errors.ts'
import { RESERVED_OUTPUT_TOKENS, VISITOR_TOKENS } from '../../worker/limits.ts'
import { ENCODINGS } from '../tokens/encodings.ts'

const [{ counter }] = ENCODINGS as [(typeof ENCODINGS)[0]]
const FIELDS = ['max_tokens', 'max_completion_tokens'] as const
type Field = (typeof FIELDS)[number]

async function read(
  caller: Caller,
  route: Route,
  asked: object,
  vars: object,
  reserve = true,
): Promise<ChatCall> {
  const config = readConfig({ OPENAI_API_KEY: 'k', VISITOR_FIELDS: 'n', ...vars })
  const rules = rulesFor(caller, config, { counterFor: () => counter, reserve })
  const body = { model: DEFAULT_MODEL, messages: [{ role: 'user', content: 'hi' }], ...asked }
  const request = new Request('http://localhost/', {
    method: 'POST',
    body: JSON.stringify({ ...body, ...(route === 'streamed' && { stream: true }) }),
    headers: { 'content-type': 'application/json' },
  })
  const call = await (route === 'durable' ? readStreamRequest : readChatRequest)(request, rules)
  if (call instanceof ApiError) throw call
  return call
}

const wire = ({ bytes }: ChatCall) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, number>

const CALLERS = ['key:laptop', 'visitor:AAAAAAAAAAAAAAAAAAAAAA'] as const
type Caller = (typeof CALLERS)[number]
const ROUTES = ['unstreamed', 'streamed', 'durable'] as const
type Route = (typeof ROUTES)[number]

/**
 * What a request asks for, and the bound of each choice that follows; `undefined`: what the caller may have.
 */
const ASKED: [Partial<Record<Field, number | null>>, number | undefined][] = [
  [{}, undefined],
  [{ max_tokens: null, max_completion_tokens: null }, undefined],
  [{ max_tokens: 7 }, 7],
  [{ max_completion_tokens: 7 }, 7],
  [{ max_tokens: 9, max_completion_tokens: 9 }, 9],
  [{ max_tokens: 7, max_completion_tokens: 4000 }, 7],
  [{ max_tokens: 4000, max_completion_tokens: 7 }, 7],
  [{ max_completion_tokens: 1 }, 1],
]

const TABLE = CALLERS.flatMap((caller) =>
  ROUTES.flatMap((route) =>
    FIELDS.flatMap((field) =>
      [1, 3, 128].flatMap((n) =>
        [undefined, 100].flatMap((most) =>
          ASKED.map(([asked, each]) => ({ caller, route, field, n, most, asked, each })),
        ),
      ),
    ),
  ),
)

describe('a call with a budget', () => {
  test.each(TABLE)(
    '$caller, $route, read from $field, n $n, limit $most: $asked',
    async ({ caller, route, field, n, most, asked, each }) => {
      const vars = {
        OUTPUT_BOUND_FIELD: field,
        ...(most !== undefined && { MAX_OUTPUT_TOKENS: String(most) }),
      }
      const call = await read(caller, route, { n, ...asked }, vars)
      const own = caller.startsWith('visitor:')
        ? VISITOR_TOKENS.output
        : Math.floor(RESERVED_OUTPUT_TOKENS / n)
      const bound = Math.min(each ?? most ?? own, most ?? Number.POSITIVE_INFINITY)
      const sent = wire(call)
      expect(FIELDS.filter((name) => sent[name] != null)).toEqual([field])
      expect(sent[field]).toBe(bound)
      expect(call.outputBound).toBe(bound * (sent.n ?? 1))
    },
  )
})

test.each(ROUTES)(
  'a call that nothing limits goes on with the bounds that it came with, %s',
  async (route) => {
    for (const [asked] of ASKED) {
      const sent = wire(await read('key:laptop', route, asked, { OUTPUT_BOUND_FIELD: 'max_tokens' }, false))
      for (const field of FIELDS) expect(sent[field]).toBe(asked[field])
    }
  },
)
