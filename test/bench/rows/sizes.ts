/** What a deployment uploads and a page loads. */
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { buildClient } from '../../../scripts/build-client.ts'
import { ROOT } from '../../../scripts/bundle.ts'
import { MILLRACE_BUNDLE } from '../contestants.ts'
import type { Goal, Row } from '../row.ts'
import { sum } from '../statistics.ts'

export async function benchSizes(): Promise<Row[]> {
  const outDir = `${ROOT}dist/bench/client`
  await buildClient(outDir)
  const row = (name: string, bytes: number, goal?: Goal): Row => ({
    name,
    unit: 'KB gzip',
    figures: { Millrace: bytes / 1024 },
    ...(goal && { goals: { Millrace: goal } }),
  })
  return [
    row('Worker bundle, without ranks', sum(sizesOf(MILLRACE_BUNDLE, /\.js$/).values()), {
      of: 'figure',
      most: 60,
    }),
    row('packed ranks', sum(sizesOf(MILLRACE_BUNDLE, /\.bin$/).values())),
    ...[...sizesOf(outDir, /\.(?:html|js|css)$/)].map(([name, bytes]) =>
      row(`client: ${withoutHash(name)}`, bytes),
    ),
  ]
}

/** The same file by the same name in every build. */
const withoutHash = (name: string) => name.replace(/-[\w-]{8}(?=\.\w+$)/, '')

function sizesOf(folder: string, counts: RegExp): Map<string, number> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    // Under `v/` are the widget's bytes once more.
    (name) => counts.test(name) && !name.startsWith('v/'),
  )
  return new Map(names.map((name) => [name, gzipSync(readFileSync(`${folder}/${name}`)).length]))
}
