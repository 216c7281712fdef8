import { describe, expect, test } from 'vitest'
import { text } from '../../worker/delivery/text.ts'
import { ApiError } from '../../worker/errors.ts'
import { decodeEvents } from '../../worker/protocol/decode.ts'
import { toBytes } from '../../worker/protocol/encode.ts'
import { splits, streamOf } from '../support/events.ts'

const delta = (fields: object, index = 0) =>
  `data: ${JSON.stringify({ choices: [{ index, delta: fields }] })}\n\n`
const DONE = 'data: [DONE]\n\n'

/** The pieces that came, and the error if it ended with one. */
async function read(parts: Uint8Array[]): Promise<{ pieces: string[]; error?: unknown }> {
  const pieces: string[] = []
  try {
    for await (const piece of streamOf(parts).pipeThrough(decodeEvents()).pipeThrough(text())) {
      pieces.push(piece)
    }
    return { pieces }
  } catch (error) {
    return { pieces, error }
  }
}

test('deltas come as they are, at every split', async () => {
  const stream =
    `: hi\n\n${delta({ role: 'assistant', content: '' })}${delta({ content: 'Grüße' })}` +
    `${delta({ content: ' 🎉' })}data: {"choices":[],"usage":{"total_tokens":3}}\n\n${DONE}`
  for (const parts of splits(toBytes(stream))) expect(await read(parts)).toEqual({ pieces: ['Grüße', ' 🎉'] })
})

test('the first choice alone, refusals too, no reasoning and no tool calls', async () => {
  const stream =
    delta({ content: 'a' }) +
    delta({ content: 'B' }, 1) +
    delta({ content: null, refusal: 'no' }) +
    delta({ reasoning_content: 'hm' }) +
    delta({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] }) +
    DONE
  expect(await read([toBytes(stream)])).toEqual({ pieces: ['a', 'no'] })
})

describe('what is no whole answer errors', () => {
  test.each([
    ['an end without [DONE]', '', 'upstream_truncated'],
    ['an error frame', 'data: {"error":{"message":"m","code":"c"}}\n\n', 'upstream_error'],
    ['a named error', 'event: error\ndata: {"message":"m"}\n\n', 'upstream_error'],
    ['garbage', 'data: <html>\n\n', 'upstream_invalid'],
  ])('%s', async (_, end, code) => {
    const { pieces, error } = await read([toBytes(delta({ content: 'half' }) + end)])
    expect(pieces).toEqual(['half'])
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ code })
  })

  test('an error’s words, without what they tell of the upstream’s account', async () => {
    const { error } = await read([toBytes('data: {"error":{"message":"Limit of org-Ab12Cd34Ef56"}}\n\n')])
    expect(error).toMatchObject({ message: 'Limit of […]' })
  })

  test('moderation that ended it: nobody is to take the rest for the whole', async () => {
    const flagged =
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\n' +
      'data: {"choices":[],"millrace":{"state":"moderated"}}\n\n'
    const { pieces, error } = await read([toBytes(`${delta({ content: 'half' })}${flagged}${DONE}`)])
    expect(pieces).toEqual(['half'])
    expect(error).toMatchObject({ code: 'content_filter' })
  })

  test('what follows [DONE] is not read', async () => {
    expect(await read([toBytes(`${delta({ content: 'a' })}${DONE}data: <html>\n\n`)])).toEqual({
      pieces: ['a'],
    })
  })
})

test('the times on the last chunk become a line', async () => {
  const last = {
    choices: [],
    usage: { prompt_tokens: 1, completion_tokens: 414, total_tokens: 415 },
    millrace: {
      usage_source: 'upstream',
      timing: { first_byte_ms: 900, first_token_ms: 930, total_ms: 36_390, tokens_per_second: 11.6 },
    },
  }
  const { pieces } = await read([
    toBytes(`${delta({ content: 'a' })}data: ${JSON.stringify(last)}\n\n${DONE}`),
  ])
  expect(pieces).toEqual(['a', '\n\n— 414 tokens, the first after 0.93 s, 87.9 ms a token, 36.4 s in all\n'])
})
