/** The sizes of what a deployment uploads and a page loads. */
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { buildClient } from '../../../scripts/build-client.ts'
import { ROOT } from '../../../scripts/bundle.ts'
import { MILLRACE_BUNDLE } from '../contestants.ts'
import type { Goal, Row } from '../row.ts'
import { sum } from '../statistics.ts'

/** Goals for what a page with the widget loads at once. */
const GOALS: Record<string, Goal> = { 'widget.js': { of: 'figure', most: 13 } }

export async function benchSizes(): Promise<Row[]> {
  const outDir = `${ROOT}dist/bench/client`
  await buildClient(outDir)
  const row = (name: string, bytes: number, goal?: Goal): Row => ({
    name,
    unit: 'KB gzip',
    figures: { relay: bytes / 1024 },
    ...(goal && { goals: { relay: goal } }),
  })
  return [
    row('Worker bundle, without ranks', sum(sizesOf(MILLRACE_BUNDLE, /\.js$/).values()), {
      of: 'figure',
      most: 80,
    }),
    row('packed ranks', sum(sizesOf(MILLRACE_BUNDLE, /\.bin$/).values())),
    ...[...sizesOf(outDir, /\.(?:html|js|css)$/)].map(([name, bytes]) =>
      row(`client: ${withoutHash(name)}`, bytes, GOALS[name]),
    ),
  ]
}

/** Names without their content hash stay the same from build to build. */
const withoutHash = (name: string) => name.replace(/-[\w-]{8}(?=\.\w+$)/, '')

function sizesOf(folder: string, counts: RegExp): Map<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    // Under `v/` the build puts a second copy of the widget.
    (name) => counts.test(name) && !name.startsWith('v/'),
  )
  return new Map(names.map((name) => [name, gzipSync(readFileSync(`${folder}/${name}`)).length]))
}
