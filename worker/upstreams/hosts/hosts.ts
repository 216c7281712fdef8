/** The known kinds of upstreams, by the name in `UPSTREAMS` that stands for each. */
import { azure } from './azure.ts'
import { cloudflare } from './cloudflare.ts'
import { cloudflareGateway } from './cloudflare-gateway.ts'
import { groq } from './groq.ts'
import type { Host } from './host.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import { unknown } from './unknown.ts'
import { vllm } from './vllm.ts'

const HOSTS: Readonly<Record<string, Host>> = {
  openai,
  azure,
  'cloudflare-gateway': cloudflareGateway,
  cloudflare,
  openrouter,
  groq,
  mistral,
  ollama,
  vllm,
}

/**
 * @param name of an upstream. It tells what a server at an unknown address is, such as a proxy, or one's own
 *   vLLM
 */
export function hostOf(baseUrl: string, name = ''): Host {
  const { host } = new URL(baseUrl)
  const known = Object.values(HOSTS).find(({ at }) => at?.test(host))
  return known ?? (Object.hasOwn(HOSTS, name) ? HOSTS[name] : undefined) ?? unknown
}
