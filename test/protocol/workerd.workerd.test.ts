/** The protocol in workerd, where the Worker runs when deployed: no HTTP in between. */
import { exports } from 'cloudflare:workers'
import { vi } from 'vitest'
import { protocolCases } from './cases.ts'

vi.mock('../../worker/upstreams/demo.ts', () => import('./plan-in-process.ts'))

protocolCases((path, asked) => exports.default.fetch(`http://localhost${path}`, asked))
