/** The two upstreams of docs/DEPLOY.md, by the lines that stand there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { ROOT } from '../../scripts/bundle.ts'
import { readConfig } from '../../worker/config/config.ts'
import { ask, QUESTION } from '../support/caller.ts'
import { type Millrace, startMillrace } from '../support/millrace.ts'
import { failing } from '../support/scripts.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const section =
  readFileSync(`${ROOT}docs/DEPLOY.md`, 'utf8')
    .split(/^## /m)
    .find((it) => it.startsWith('Two upstreams')) ?? ''
const [settings = '', commands = ''] = Array.from(
  section.matchAll(/^```\w+\n(.*?)^```$/gms),
  ([, code = '']) => code,
)
const secrets = Object.fromEntries(
  Array.from(commands.matchAll(/^npx wrangler secret put (\w+)$/gm), ([, name = '']) => [
    name,
    `key-of-${name}`,
  ]),
)

/** As wrangler reads them, in the repository's own file. */
function varsOf(toml: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-'))
  const config = join(folder, 'wrangler.toml')
  writeFileSync(config, `${readFileSync(`${ROOT}wrangler.toml`, 'utf8')}\n[vars]\n${toml}`)
  const { vars } = unstable_readConfig({ config }, { hideWarnings: true })
  rmSync(folder, { recursive: true })
  return vars as Record<string, string>
}

let azure: Upstream
let openai: Upstream
let millrace: Millrace

beforeAll(async () => {
  ;[azure, openai] = await Promise.all([startUpstream(), startUpstream()])
  const local = settings
    .replace('https://YOUR-RESOURCE.openai.azure.com', azure.url)
    .replace('https://api.openai.com', openai.url)
  millrace = await startMillrace({ ...varsOf(local), ...secrets })
})
afterAll(async () => {
  await millrace?.stop()
  await azure?.stop()
  await openai?.stop()
})

test('ten lines at most', () => {
  const lines = `${settings}${commands}`.trim().split('\n')
  expect(lines.length).toBeGreaterThan(4)
  expect(lines.length).toBeLessThanOrEqual(10)
})

test('they are valid settings as they stand', () => {
  expect(readConfig({ ...varsOf(settings), ...secrets }).upstream).toMatchObject({
    all: [
      { name: 'azure', kind: { keyHeader: ['api-key', ''] }, apiKey: 'key-of-UPSTREAM_KEY_AZURE' },
      {
        name: 'openai',
        kind: { keyHeader: ['authorization', 'Bearer '] },
        apiKey: 'key-of-UPSTREAM_KEY_OPENAI',
      },
    ],
  })
})

test('Azure is asked first, by its deployment, and OpenAI second', async () => {
  const question = { ...QUESTION, model: 'gpt-5.4-mini' }
  azure.next(failing(500))
  const answer = await ask(millrace.url, question)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('x-millrace-upstream')).toBe('openai')
  expect(azure.calls[0]).toMatchObject({
    path: '/openai/v1/chat/completions',
    headers: { 'api-key': 'key-of-UPSTREAM_KEY_AZURE' },
    request: { ...question, model: 'YOUR-DEPLOYMENT' },
  })
  expect(azure.calls[0]?.headers.authorization).toBeUndefined()
  expect(openai.calls[0]).toMatchObject({
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer key-of-UPSTREAM_KEY_OPENAI' },
    request: question,
  })
})
