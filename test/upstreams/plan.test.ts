import { expect, test } from 'vitest'
import { readConfig } from '../../worker/config/config.ts'
import type { KnownUpstream } from '../../worker/config/upstreams.ts'
import { type Asked, plan } from '../../worker/upstreams/plan.ts'

const { upstream } = readConfig({
  UPSTREAMS: 'mistral=https://api.mistral.ai/v1, own=http://10.0.0.5/v1, openai=https://api.openai.com/v1',
  UPSTREAM_KEY_MISTRAL: 'k',
  UPSTREAM_KEY_OPENAI: 'k',
  MODEL_ROUTES: 'fast = own/llama @5s #8k, mistral; only = mistral; twice = own/a, own/b',
})

/** `name/model`, and what else is told of it. */
const planned = (asked: Partial<Asked>) =>
  plan<KnownUpstream>(upstream, { model: 'gpt', route: 'chat-completions', ...asked }).map(
    ({ upstream: { name }, model, firstToken, window }) =>
      [`${name}/${model}`, firstToken, window].filter((it) => it !== undefined).join(' '),
  )

test.each<[string, Partial<Asked>, string[]]>([
  ['one without a route: each upstream, by its own name', {}, ['mistral/gpt', 'own/gpt', 'openai/gpt']],
  [
    'a route: its upstreams, in its order, by their names',
    { model: 'fast' },
    ['own/llama 5000 8000', 'mistral/fast'],
  ],
  ['an upstream that lacks the route is left out', { route: 'responses' }, ['own/gpt', 'openai/gpt']],
  ['also from a model’s route', { model: 'fast', route: 'responses' }, ['own/llama 5000 8000']],
  ['until none is left', { model: 'only', route: 'responses' }, []],
  ['one upstream may have two models for it', { model: 'twice' }, ['own/a', 'own/b']],
  ['what goes on from something stored: the one that has it', { at: 'own' }, ['own/gpt']],
  ['or all, if that one is no longer there', { at: 'gone' }, ['mistral/gpt', 'own/gpt', 'openai/gpt']],
  [
    'a name that every object has is no route',
    { model: 'toString' },
    ['mistral/toString', 'own/toString', 'openai/toString'],
  ],
])('%s', (_, asked, candidates) => {
  expect(planned(asked)).toEqual(candidates)
})

test('without UPSTREAMS there is one, without a name', () => {
  const { upstream: one } = readConfig({ OPENAI_API_KEY: 'k' })
  expect(plan<KnownUpstream>(one, { model: 'm', route: 'responses' })).toMatchObject([{ model: 'm' }])
  expect(plan<KnownUpstream>(readConfig({}).upstream, { model: 'm', route: 'responses' })).toHaveLength(1)
})
