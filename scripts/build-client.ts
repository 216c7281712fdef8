/** Builds all that a browser loads into dist/client: the page, and the widget for other pages. */
import { build } from 'vite'
import { buildWidget } from './build-widget.ts'
import { ROOT } from './bundle.ts'
import { version } from './version.ts'
import { createParts } from './widget-parts.ts'

/** @returns the hash of the widget, as in `<script integrity>` */
export async function buildClient(outDir = `${ROOT}dist/client`): Promise<string> {
  const parts = createParts()
  // First: it empties the folder.
  await build({
    configFile: `${ROOT}client/vite.config.ts`,
    logLevel: 'warn',
    plugins: [parts.plugin({ theirs: /\/client\/page\// })],
    // Its plugins wait for each other: that they take long says nothing.
    build: { outDir, emptyOutDir: true, rolldownOptions: { checks: { pluginTimings: false } } },
    // From assets/, where its scripts lie.
    define: { MILLRACE_ROOT: '"../"' },
  })
  return buildWidget({ entry: `${ROOT}client/widget/widget.ts`, outDir, version, parts })
}
