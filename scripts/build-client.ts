/** Builds everything that a browser loads into dist/client: the page, and the widget for other pages. */
import { build } from 'vite'
import { buildRun } from './build-run.ts'
import { buildWidget } from './build-widget.ts'
import { ROOT } from './bundle.ts'
import { version } from './version.ts'
import { createParts } from './widget-parts.ts'

/** @returns the hash of the widget, as in `<script integrity>` */
export async function buildClient(outDir = `${ROOT}dist/client`): Promise<string> {
  const parts = createParts()
  // The page comes first, because its build empties the folder.
  await build({
    configFile: `${ROOT}client/vite.config.ts`,
    logLevel: 'warn',
    plugins: [parts.plugin({ theirs: /\/client\/page\// })],
    // The plugins wait for each other, so timing warnings mean nothing.
    build: { outDir, emptyOutDir: true, rolldownOptions: { checks: { pluginTimings: false } } },
    // The page's scripts are in assets/.
    define: { MILLRACE_ROOT: '"../"' },
  })
  await buildRun(outDir)
  return buildWidget({ entry: `${ROOT}client/widget/widget.ts`, outDir, version, parts })
}
