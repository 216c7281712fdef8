/** The widget's words: which language, and what the host says in their place. */
import { en, type Strings } from './en.ts'

/** Those that there are, each in a file of its own, which is loaded when it is needed. */
const LANGUAGES = {
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  ja: () => import('./ja.ts'),
  ar: () => import('./ar.ts'),
}

export type Language = 'en' | keyof typeof LANGUAGES

const RIGHT_TO_LEFT: readonly string[] = ['ar']

/**
 * The first of the wanted languages that there is, English if there is none.
 *
 * @param wanted as in `lang` attributes and `navigator.languages`: `de-AT` is German
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

/** English, where a language could not be loaded: a chat in the wrong language is better than none. */
export async function loadStrings(language: Language): Promise<Strings> {
  if (language === 'en') return en
  try {
    return (await LANGUAGES[language]()).strings
  } catch {
    return en
  }
}
