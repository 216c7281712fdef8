/** `npm run docs`: writes docs/CONFIGURATION.md from the table of settings and their words. */
import { writeFileSync } from 'node:fs'
import { GROUPS, type SettingWords } from '../worker/config/setting-words.ts'
import { SETTINGS, type Setting } from '../worker/config/settings.ts'
import { ROOT } from './bundle.ts'

export const CONFIGURATION_PAGE = `${ROOT}docs/CONFIGURATION.md`

const INTRODUCTION = `# Configuration

Settings are environment variables, or lines of \`.dev.vars\`, for \`npm start\`; and variables or secrets of a deployment: [how to set them](DEPLOY.md#settings).
A wrong value stops \`npm start\` with a message that names the setting; a deployment answers every call with that message and status 500.
An empty value counts as unset. Secrets are marked with *: set them with \`npx wrangler secret put NAME\`.

This page is written by \`npm run docs\` from \`worker/config/settings.ts\` and \`setting-words.ts\`: change it there.
`

const OWN_MACHINE = '`npm start` takes `PORT` from the environment, too: 8787 where it is unset.\n'

export function configurationPage(): string {
  const sections = Object.entries(GROUPS).map(([title, settings]) => {
    const rows = Object.entries(settings).map(rowOf)
    return `## ${title}\n\n| setting | unset | what it does |\n|---|---|---|\n${rows.join('\n')}\n`
  })
  return [INTRODUCTION, ...sections, OWN_MACHINE].join('\n')
}

function rowOf([name, { secret, unset, about }]: [string, SettingWords]): string {
  return `| \`${name}\`${secret ? '*' : ''} | ${unset ?? `\`${fallbackOf(name)}\``} | ${about} |`
}

/** @param name of a setting without words for what holds where it is unset */
export function fallbackOf(name: string): string {
  const settings: Readonly<Record<string, Setting>> = SETTINGS
  return String(settings[name]?.fallback)
}

if (import.meta.main) writeFileSync(CONFIGURATION_PAGE, configurationPage())
