/** The widget's texts: which language, and how it is loaded. */
import { atLoad, type StringsAtLoad } from './at-load.ts'
import type { Strings } from './en.ts'

/** All languages of the widget. */
export const LANGUAGES = [
  'en',
  'ar',
  'de',
  'es',
  'fr',
  'it',
  'ja',
  'ko',
  'nl',
  'pl',
  'pt',
  'ru',
  'tr',
  'uk',
  'zh-Hans',
  'zh-Hant',
] as const

export type Language = (typeof LANGUAGES)[number]

const RIGHT_TO_LEFT: readonly string[] = ['ar']

/** Taiwan, Hong Kong and Macau write Chinese in traditional characters. */
const TRADITIONAL_REGIONS: readonly string[] = ['tw', 'hk', 'mo']

/**
 * Returns the first wanted language that the widget has, else English.
 *
 * @param wanted tags as in `lang` attributes and `navigator.languages`, in any case: `de-AT` is German, and
 *   `zh-TW` is Chinese in traditional characters
 */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const [primary = '', ...subtags] = tag?.toLowerCase().split(/[-_]/) ?? []
    const name = primary === 'zh' ? chineseOf(subtags) : primary
    const language = LANGUAGES.find((language) => language === name)
    if (language) return language
  }
  return 'en'
}

/** Returns how Chinese is written, by the tag's script, else by its region. Most tags name no script. */
function chineseOf(subtags: readonly string[]): Language {
  const script = subtags.find((subtag) => subtag === 'hans' || subtag === 'hant')
  if (script) return script === 'hant' ? 'zh-Hant' : 'zh-Hans'
  return subtags.some((subtag) => TRADITIONAL_REGIONS.includes(subtag)) ? 'zh-Hant' : 'zh-Hans'
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr'
}

/**
 * The texts for the panel: all of a language, or those of English that need no request. Falls back to English
 * if the language can't be loaded.
 */
export async function loadStrings(language: Language): Promise<StringsAtLoad> {
  if (language === 'en') return atLoad
  try {
    const { LANGUAGE_FILES } = await import('./language-files.ts')
    return (await LANGUAGE_FILES[language]()).strings
  } catch {
    return atLoad
  }
}

/** @param loaded what `loadStrings` returned */
export async function wholeStrings(loaded: StringsAtLoad): Promise<Strings> {
  return loaded === atLoad ? (await import('./en.ts')).en : (loaded as Strings)
}
