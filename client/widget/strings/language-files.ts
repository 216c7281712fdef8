/**
 * The file of each language but English, loaded on demand. This list is loaded on demand too: the build puts
 * a hash beside each `import()`, which would add a kilobyte to `widget.js`.
 */
import type { Strings } from './en.ts'
import type { Language } from './load-strings.ts'

type LoadFile = () => Promise<{ strings: Strings }>

export const LANGUAGE_FILES: Record<Exclude<Language, 'en'>, LoadFile> = {
  ar: () => import('./ar.ts'),
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  it: () => import('./it.ts'),
  ja: () => import('./ja.ts'),
  ko: () => import('./ko.ts'),
  nl: () => import('./nl.ts'),
  pl: () => import('./pl.ts'),
  pt: () => import('./pt.ts'),
  ru: () => import('./ru.ts'),
  tr: () => import('./tr.ts'),
  uk: () => import('./uk.ts'),
  'zh-Hans': () => import('./zh-hans.ts'),
  'zh-Hant': () => import('./zh-hant.ts'),
}
