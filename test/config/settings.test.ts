import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT } from '../../scripts/bundle.ts'
import { PRICES } from '../../scripts/cost/prices.ts'
import { CONFIGURATION_PAGE, configurationPage, fallbackOf } from '../../scripts/write-configuration.ts'
import { GROUPS, WORDS } from '../../worker/config/setting-words.ts'
import { DEFAULT_MODEL, SETTINGS } from '../../worker/config/settings.ts'

test('docs/CONFIGURATION.md is what the table gives: if not, run `npm run docs`', () => {
  expect(readFileSync(CONFIGURATION_PAGE, 'utf8')).toBe(configurationPage())
})

test('each setting stands in one group', () => {
  const listed = Object.values(GROUPS).flatMap((group) => Object.keys(group))
  expect(listed.toSorted()).toEqual(Object.keys(SETTINGS).toSorted())
})

test.each(Object.entries(WORDS))('the documentation says what applies if %s is unset', (name, { unset }) => {
  // An empty list, a set or `undefined` has no text to show: such a setting needs words.
  expect(unset ?? fallbackOf(name)).toMatch(/^(?!undefined$)[^[]+$/)
})

test('the README names the settings of a first deployment, and no unknown setting', () => {
  const readme = readFileSync(`${ROOT}README.md`, 'utf8')
  const [, section = ''] = readme.split('\n## Configuration\n')
  const [table = ''] = section.split('\n## ')
  const named = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name)
  expect(named).toEqual(Object.keys(GROUPS['A first deployment']))
})

/**
 * A model that a reader copies must be one that answers: others have been shut down. What docs/COST.md
 * compares with is on today's price list.
 */
test('the documentation names no model of OpenAI but the default, and those with a list price', () => {
  const pages = readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md'))
  const named = ['README.md', '.dev.vars.example', ...pages.map((name) => `docs/${name}`)].flatMap((file) =>
    Array.from(
      readFileSync(`${ROOT}${file}`, 'utf8').matchAll(/\b(?:gpt-|chatgpt-|o)\d[\w.-]*\w/g),
      ([model]) => `${file}: ${model}`,
    ),
  )
  expect(named.length).toBeGreaterThan(4)
  const priced = Object.keys(PRICES.models).map((model) => `docs/COST.md: ${model}`)
  const isExpected = (one: string) =>
    one.endsWith(` ${DEFAULT_MODEL}`) || one.endsWith('o200k_base') || priced.includes(one)
  expect(named.filter((one) => !isExpected(one))).toEqual([])
})
