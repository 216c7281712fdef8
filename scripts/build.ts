/**
 * `npm run build`: builds the page and the widget, and prints the tag with which a site pins this widget.
 */
import { buildClient } from './build-client.ts'
import { version } from './version.ts'

const integrity = await buildClient()
console.log(`Built dist/client. To embed this very version, and to run nothing else:

<script type="module" src="https://YOUR-WORKER/v/${version}/widget.js"
  integrity="${integrity}" crossorigin data-launcher></script>
`)
