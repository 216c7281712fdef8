/** The Worker under `wrangler dev`, with OpenAI's SDK and curl: what a newcomer to the platform would start. */
import { OpenAI } from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curl } from '../support/curl.ts'
import { expectDelivery } from '../support/delivered.ts'
import { startWranglerDev, type WranglerDev } from '../support/wrangler-dev.ts'

let url: string
let wrangler: WranglerDev | undefined
beforeAll(async () => {
  wrangler = await startWranglerDev({ DEMO_SPEED: '50' })
  url = wrangler.url
})
afterAll(() => wrangler?.stop())

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

test('the widget is delivered as by `npm start`', () => expectDelivery(url))
