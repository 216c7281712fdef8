import { expect, test } from 'vitest'
import { azure } from '../../../worker/upstreams/hosts/azure.ts'
import { cloudflare } from '../../../worker/upstreams/hosts/cloudflare.ts'
import { cloudflareGateway } from '../../../worker/upstreams/hosts/cloudflare-gateway.ts'
import { groq } from '../../../worker/upstreams/hosts/groq.ts'
import { hostOf } from '../../../worker/upstreams/hosts/hosts.ts'
import { mistral } from '../../../worker/upstreams/hosts/mistral.ts'
import { ollama } from '../../../worker/upstreams/hosts/ollama.ts'
import { openai } from '../../../worker/upstreams/hosts/openai.ts'
import { openrouter } from '../../../worker/upstreams/hosts/openrouter.ts'
import { unknown } from '../../../worker/upstreams/hosts/unknown.ts'
import { vllm } from '../../../worker/upstreams/hosts/vllm.ts'

test.each([
  ['https://api.openai.com/v1', openai],
  ['https://eu.api.openai.com/v1', openai],
  ['https://r.openai.azure.com/openai/v1', azure],
  ['https://r.services.ai.azure.com/openai/v1', azure],
  ['https://gateway.ai.cloudflare.com/v1/a/g/openai', cloudflareGateway],
  ['https://gateway.ai.cloudflare.com/v1/a/g/compat', cloudflareGateway],
  ['https://api.cloudflare.com/client/v4/accounts/a/ai/v1', cloudflare],
  ['https://openrouter.ai/api/v1', openrouter],
  ['https://api.groq.com/openai/v1', groq],
  ['https://api.mistral.ai/v1', mistral],
  ['https://ollama.com/v1', ollama],
  ['http://localhost:11434/v1', ollama],
  ['https://notopenai.com/v1', unknown],
  ['https://openai.com.example/v1', unknown],
  ['http://10.0.0.5:8000/v1', unknown],
])('%s', (address, host) => {
  expect(hostOf(address)).toBe(host)
})

test('a name that is known tells what an unknown address is, and a known address is what it is', () => {
  expect(hostOf('http://10.0.0.5:8000/v1', 'vllm')).toBe(vllm)
  expect(hostOf('https://proxy.example/v1', 'openai')).toBe(openai)
  expect(hostOf('https://api.mistral.ai/v1', 'openai')).toBe(mistral)
  expect(hostOf('https://proxy.example/v1', 'toString')).toBe(unknown)
})
