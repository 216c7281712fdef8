/** The Worker under `wrangler dev`, with OpenAI's SDK and curl: what a newcomer to the platform would start. */
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { OpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { QUIET, ROOT } from '../../scripts/bundle.ts'
import { curl } from '../support/curl.ts'

let url: string
let stop: () => Promise<void>

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const args = [
    'dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--inspector-port',
    '0',
    '--var',
    'DEMO_SPEED:50',
  ]
  const wrangler = spawn('wrangler', args, {
    cwd: ROOT,
    env: { ...process.env, ...QUIET },
    detached: true,
    stdio: 'pipe',
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const see = (text: Buffer) => {
      output += text
      if (output.includes('Ready on')) resolve()
    }
    wrangler.stdout.on('data', see)
    wrangler.stderr.on('data', see)
    wrangler.once('exit', () => reject(new Error(`wrangler dev ended:\n${output}`)))
  })
  stop = () =>
    new Promise((resolve) => {
      wrangler.once('exit', () => resolve())
      // The whole group: wrangler's own children too.
      if (wrangler.pid !== undefined) process.kill(-wrangler.pid, 'SIGTERM')
    })
})
afterAll(() => stop())

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

test("OpenAI's SDK streams an answer", async () => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' })
  const stream = await client.chat.completions.create({
    model: 'millrace-demo',
    messages: [{ role: 'user', content: 'plot_2d_normal' }],
    stream: true,
  })
  const texts: string[] = []
  for await (const { choices } of stream) if (choices[0]?.delta.content) texts.push(choices[0].delta.content)
  expect(texts).toHaveLength(414)
})

test('curl reads the bare text, and the page is there', async () => {
  const answer = await curl('-N', `${url}/chat`, '-d', 'plot_2d_normal')
  expect(answer.status).toBe(0)
  expect(answer.text).toContain('def plot_2d_normal(')
  expect((await curl(url)).text).toMatch(/^<!doctype html>/i)
})
