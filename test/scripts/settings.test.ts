import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSettings } from '../../scripts/settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (environment: Record<string, string> = {}) =>
  readSettings(join(folder, 'wrangler.toml'), environment)

test('the environment goes before .dev.vars, and that before wrangler.toml', () => {
  write('wrangler.toml', 'name = "x"\n[vars]\nMODELS = "a"\nFILL_USAGE = "on"\nSYSTEM_PROMPT = "toml"\n')
  write('.dev.vars', 'OPENAI_API_KEY=sk-file\nMODELS=b\nFILL_USAGE=off\n')
  expect(read({ MODELS: 'c', HOME: '/' })).toEqual({
    MODELS: 'c',
    FILL_USAGE: 'off',
    OPENAI_API_KEY: 'sk-file',
    SYSTEM_PROMPT: 'toml',
  })
})

test('without either file’s say there is nothing', () => {
  write('wrangler.toml', 'name = "x"\n')
  expect(read()).toEqual({})
})
