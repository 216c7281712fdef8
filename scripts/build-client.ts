/** Builds all that a browser loads into dist/client: the page, and the widget for other pages. */
import { build } from 'vite'
import { version } from './version.ts'
import { buildWidget } from './build-widget.ts'
import { ROOT } from './bundle.ts'
import { createParts } from './widget-parts.ts'

/** @returns the hash of the widget, as in `<script integrity>` */
export async function buildClient(): Promise<string> {
  const parts = createParts()
  // First: it empties the folder.
  await build({
    configFile: `${ROOT}client/vite.config.ts`,
    logLevel: 'warn',
    plugins: [parts.plugin({ theirs: /\/client\/page\// })],
    // From assets/, where its scripts lie.
    define: { MILLRACE_ROOT: '"../"' },
  })
  return buildWidget({ entry: `${ROOT}client/widget/widget.ts`, outDir: `${ROOT}dist/client`, version, parts })
}
