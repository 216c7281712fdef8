import { describe, expect, test } from 'vitest'
import { passedHeaders } from '../../worker/upstreams/headers.ts'
import { createWords } from '../../worker/upstreams/words.ts'
import { known } from '../support/an-upstream.ts'

const { forKeys } = createWords({ values: ['12345678901234'], hosts: ['acme.example'], systemPrompt: '' })
const passed = (name: string, value: string) =>
  passedHeaders(new Headers({ [name]: value }), { words: forKeys, upstream: known })[name]

describe.each(['requests', 'tokens', 'project-tokens', 'input-images'])('the rate limits of %s', (what) => {
  test.each(['0', '10000', '150000000'])('limit and remaining: %s passes', (count) => {
    expect(passed(`x-ratelimit-limit-${what}`, count)).toBe(count)
    expect(passed(`x-ratelimit-remaining-${what}`, count)).toBe(count)
  })

  test.each(['', '-1', '1.5', '1e9', 'many', '10, 10', '1'.repeat(16), '12345678901234', 'org-acme'])(
    'limit and remaining: %j stays',
    (value) => {
      expect(passed(`x-ratelimit-limit-${what}`, value)).toBeUndefined()
      expect(passed(`x-ratelimit-remaining-${what}`, value)).toBeUndefined()
    },
  )

  test.each(['0s', '6ms', '500us', '1.5s', '2m59.56s', '11h2m0s', '3d', '52', '7.66'])(
    'reset: %s passes',
    (duration) => expect(passed(`x-ratelimit-reset-${what}`, duration)).toBe(duration),
  )

  test.each(['', 's', 'soon', '1 s', '-1s', '1s; host=a', 'acme.example', '1s'.repeat(6), '1'.repeat(11)])(
    'reset: %j stays',
    (value) => expect(passed(`x-ratelimit-reset-${what}`, value)).toBeUndefined(),
  )
})

test.each([
  'x-ratelimit-organization',
  'x-ratelimit-limit',
  'x-ratelimit-limit-tokens-per-org-acme',
  'x-ratelimit-remaining-images',
  'x-ratelimit-key-sk',
  'ratelimit-limit',
])('%s stays, whatever it says', (name) => {
  expect(passed(name, '1')).toBeUndefined()
})
