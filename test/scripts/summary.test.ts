import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { summary } from '../../scripts/summary.ts'
import { version } from '../../scripts/version.ts'
import { readConfig, type Vars } from '../../worker/config/config.ts'

const URL = 'http://127.0.0.1:8787'
const HASH = 'a'.repeat(64)
const SECRET = 'a secret of more than thirty-two characters'

const told = (vars: Vars) => stripVTControlCharacters(summary(readConfig(vars), URL, 2140))

/** The facts, by their names. */
function facts(vars: Vars): Record<string, string> {
  const rows = told(vars).matchAll(/^ {2}(Answers|Models|Callers|Budgets|Moderation|Try it|A model) +(.+)$/gm)
  return Object.fromEntries(Array.from(rows, ([, name, value]) => [name, value]))
}

test('says where it is, and after how long', () => {
  expect(told({})).toContain(`Millrace ${version} is ready on ${URL} (2.1 s)\n`)
})

test('of the demo', () => {
  expect(facts({ OPEN_ACCESS: 'true' })).toEqual({
    Answers: 'prepared ones, of the built-in demo: no key, no network, no cost',
    Models: 'any name',
    Callers: 'everyone on this machine, without a key',
    Budgets: 'none',
    Moderation: 'off',
    'Try it': `curl -N ${URL}/chat -d 'Why is the sky blue?'`,
    'A model': 'OPENAI_API_KEY=sk-… npm start',
  })
})

const KEY = { OPENAI_API_KEY: 'sk-secret', OPEN_ACCESS: 'true' }
const CLOSED = { ...KEY, OPEN_ACCESS: 'false' }
const KEYS = { ACCESS_KEYS: `laptop:${HASH}, phone:${HASH}` }

test.each<[string, Vars, Record<string, string>]>([
  [
    'with a key',
    KEY,
    {
      Answers: 'api.openai.com',
      Models: 'gpt-5.4-mini, and any other that is named',
      Callers: 'everyone on this machine, without a key',
      Budgets: 'none: TOTAL_DAILY_TOKENS bounds what a day can cost',
    },
  ],
  [
    'of another server',
    { ...KEY, OPENAI_BASE_URL: 'http://localhost:11434/v1', MODELS: 'llama, qwen' },
    { Answers: 'localhost:11434', Models: 'llama, qwen' },
  ],
  [
    'closed to all',
    CLOSED,
    {
      Callers: 'none yet: set ACCESS_KEYS or SESSION_SECRET',
      'Try it': `curl -N ${URL}/chat -H 'Authorization: Bearer YOUR_ACCESS_KEY' -d 'Why is the sky blue?'`,
    },
  ],
  [
    'with access keys and visitors',
    {
      ...CLOSED,
      ...KEYS,
      SESSION_SECRET: SECRET,
      ALLOWED_ORIGINS: 'https://shop.example',
      KEY_DAILY_TOKENS: '500000',
    },
    {
      Models: 'gpt-5.4-mini, and any other that is named; for visitors gpt-5.4-mini alone',
      Callers: 'the access keys laptop, phone; visitors of this page and https://shop.example',
      Budgets: '500,000 tokens a day for each key, 100,000 tokens a day for each visitor',
    },
  ],
  [
    'with a budget of all',
    { ...KEY, TOTAL_DAILY_TOKENS: '2000000', KEY_DAILY_TOKENS: '5' },
    { Budgets: '2,000,000 tokens a day in all' },
  ],
  ['with questions judged', { MODERATION: 'input' }, { Moderation: 'questions' }],
  [
    'with answers held back',
    { MODERATION: 'both' },
    { Moderation: 'questions and answers; answers are shown once they have passed' },
  ],
  [
    'with answers taken back',
    { MODERATION: 'output', MODERATION_MODE: 'retract' },
    { Moderation: 'answers; answers are taken back if they are flagged' },
  ],
])('%s', (_, vars, expected) => {
  expect(facts(vars)).toMatchObject(expected)
  for (const secret of ['sk-secret', SECRET, HASH]) expect(told(vars)).not.toContain(secret)
})

test('tells how to have a model answer, unless one does', () => {
  expect(facts(KEY)).not.toHaveProperty('A model')
})
