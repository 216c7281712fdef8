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

test('the keys of upstreams are settings, whatever their names', () => {
  write('wrangler.toml', 'name = "x"\n[vars]\nUPSTREAMS = "a=https://a.example/v1"\n')
  write('.dev.vars', 'UPSTREAM_KEY_A=k-file\nUPSTREAM_KEY_B=k-b\nUPSTREAM_OTHER=x\n')
  expect(read({ UPSTREAM_KEY_A: 'k-env', UPSTREAM_KEY_C: 'k-c' })).toEqual({
    UPSTREAMS: 'a=https://a.example/v1',
    UPSTREAM_KEY_A: 'k-env',
    UPSTREAM_KEY_B: 'k-b',
    UPSTREAM_KEY_C: 'k-c',
  })
})

test('without either file’s say there is nothing', () => {
  write('wrangler.toml', 'name = "x"\n')
  expect(read()).toEqual({})
})
