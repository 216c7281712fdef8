/** The widget's texts: which language, and how it is loaded. */
import { en, type Strings } from './en.ts'

/** Languages beside English, each loaded on demand from its own file. */
const LANGUAGES = {
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  ja: () => import('./ja.ts'),
  ar: () => import('./ar.ts'),
}

export type Language = 'en' | keyof typeof LANGUAGES

/** All languages of the widget. */
export const languages = (): Language[] => ['en', ...(Object.keys(LANGUAGES) as Language[])]

const RIGHT_TO_LEFT: readonly string[] = ['ar']

/**
 * Returns the first wanted language that the widget has, else English.
 *
 * @param wanted tags as in `lang` attributes and `navigator.languages`: `de-AT` is German
 */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split(/[-_]/)[0] ?? ''
    if (language === 'en') return language
    if (Object.hasOwn(LANGUAGES, language)) return language as Language
  }
  return 'en'
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr'
}

/** Falls back to English if a language can't be loaded. */
export async function loadStrings(language: Language): Promise<Strings> {
  if (language === 'en') return en
  try {
    return (await LANGUAGES[language]()).strings
  } catch {
    return en
  }
}
