/** Builds `widget.js` and its lazy parts for a deployment. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PARTS_CONTRACT } from '../client/widget/parts-contract.ts'
import { buildAlone } from './build-alone.ts'
import { integrityOf, type Parts } from './widget-parts.ts'

export interface WidgetOptions {
  /** The module that `widget.js` is built from. */
  entry: string
  /** The deployment's root. */
  outDir: string
  version: string
  /** The parts, shared with the page so that each is built once. */
  parts: Parts
}

/**
 * ```
 * widget.js            revalidated at each visit
 * widget-chunks.json   the version and hash of widget.js, for the page's tag maker, and the parts' addresses,
 * for a
 *                      widget.js from before a deployment
 * assets/parts/*       named after their content
 * v/<version>/         a copy with parts of its own: sites pin it, and later deployments keep it
 * ```
 *
 * @returns the hash of `widget.js`, as in `<script integrity>`
 * @throws if this version was released with other bytes, which client/public keeps
 */
export async function buildWidget({ entry, outDir, version, parts }: WidgetOptions): Promise<string> {
  const code = await buildAlone(entry, './', parts.plugin())
  const built = await parts.built()
  const list = Object.fromEntries(
    Array.from(built, ([name, { file, integrity }]) => [name, { file, integrity }]),
  )
  const released = await readFile(`${outDir}/v/${version}/widget.js`, 'utf8').catch(() => code)
  if (released !== code) {
    // Browsers cache a released version for a year, and pages pin its hash.
    throw new Error(
      `Version ${version} of the widget was released and is another: raise "version" in package.json.`,
    )
  }
  const files = new Map([
    ['widget.js', code],
    [
      'widget-chunks.json',
      `${JSON.stringify({ contract: PARTS_CONTRACT, version, integrity: integrityOf(code), parts: list }, null, 1)}\n`,
    ],
    [`v/${version}/widget.js`, code],
  ])
  for (const { file, code } of built.values()) files.set(file, code).set(`v/${version}/${file}`, code)
  for (const [file, content] of files) {
    const path = `${outDir}/${file}`
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  return integrityOf(code)
}
