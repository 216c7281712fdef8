import { describe, expect, test } from 'vitest'
import { strings as ar } from '../../../client/widget/strings/ar.ts'
import { atLoad } from '../../../client/widget/strings/at-load.ts'
import { en, type Strings } from '../../../client/widget/strings/en.ts'
import { fill } from '../../../client/widget/strings/fill.ts'
import { strings as fr } from '../../../client/widget/strings/fr.ts'
import { LANGUAGE_FILES } from '../../../client/widget/strings/language-files.ts'
import {
  LANGUAGES as ALL,
  chooseLanguage,
  directionOf,
  type Language,
  loadStrings,
  wholeStrings,
} from '../../../client/widget/strings/load-strings.ts'
import { checkNames, ownStrings } from '../../../client/widget/strings/own-strings.ts'
import { waitLine } from '../../../client/widget/strings/wait-line.ts'

type Other = Exclude<Language, 'en'>

/** The languages beside English. */
const LANGUAGES: [Other, Strings][] = await Promise.all(
  Object.entries(LANGUAGE_FILES).map(
    async ([language, load]): Promise<[Other, Strings]> => [language as Other, (await load()).strings],
  ),
)
const STRINGS = Object.fromEntries(LANGUAGES) as Record<Other, Strings>

const PUNCTUATION = ['fullStop', 'comma', 'spokenItem', 'spokenTask']
/** Signs of units: `{seconds} s`. */
const MINUTES = ['seconds', 'minutes', 'minutesSeconds']
const HOURS = ['hours', 'hoursMinutes']

/** What a language says as English does, and is right to. */
const SAME_AS_ENGLISH: Record<string, string[]> = {
  de: ['chat', 'code', ...PUNCTUATION, 'details'],
  es: ['chat', 'tokens', ...PUNCTUATION, ...MINUTES, ...HOURS],
  fr: [
    'chat',
    'conversation',
    'conversations',
    'code',
    'tokens',
    'sources',
    'runFigure',
    'fullStop',
    'comma',
    'spokenItem',
  ],
  ja: ['spokenItem'],
  ar: ['fullStop', 'spokenItem', 'spokenTask'],
  it: ['chat', ...PUNCTUATION, ...MINUTES, ...HOURS],
  ko: PUNCTUATION,
  nl: ['chat', 'code', 'tokens', ...PUNCTUATION, ...MINUTES, 'details'],
  pl: [...PUNCTUATION, ...MINUTES],
  pt: ['chat', 'tokens', ...PUNCTUATION, ...MINUTES, ...HOURS],
  ru: PUNCTUATION,
  tr: PUNCTUATION,
  uk: PUNCTUATION,
  'zh-Hans': ['spokenItem'],
  'zh-Hant': ['spokenItem'],
}

/** What a language's texts are made of, apart from their places and the names below. */
const WRITTEN_IN: Record<string, RegExp> = {
  en: /^[A-Za-z0-9 .,:?…“”’]+$/,
  de: /^[A-Za-zÄÖÜäöüß0-9 .,:?…„“\u00a0]+$/,
  es: /^[A-Za-zÁÉÍÓÚÑáéíóúñ0-9 .,:¿?…«»]+$/,
  fr: /^[A-Za-zÀÉàâçèéêëîïôùû0-9 .,:?…«»’\u202f-]+$/,
  ja: /^[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー、。：？＋「」… ]+$/u,
  // The letters of Arabic and its vowel signs: Persian's ی and ک look alike, and are not found by a search for ي and ك.
  ar: /^[\u0621-\u063a\u0641-\u0652 .،:؟…«»\u2068\u2069]+$/,
  it: /^[A-Za-zÀÈàèéìòù0-9 .,:?…“”’-]+$/,
  ko: /^[\p{Script=Hangul}0-9 .,:?…“”]+$/u,
  nl: /^[A-Za-zéëï0-9 .,:?…‘’]+$/,
  pl: /^[A-Za-zĄĆĘŁŃÓŚŹŻąćęłńóśźż0-9 .,:?…„”]+$/,
  pt: /^[A-Za-zÀÁÂÃÇÉÊÍÓÔÕÚàáâãçéêíóôõú0-9 .,:?…“”-]+$/,
  // Each without the letters that only the other has.
  ru: /^[А-ЯЁа-яё0-9 .,:?…«»—-]+$/,
  uk: /^[А-ЩЬЮЯҐЄІЇа-щьюяґєії0-9 .,:?…«»—’-]+$/,
  tr: /^[A-Za-zÇĞİÖŞÜçğıöşüâî0-9 .,:?…“”’/]+$/,
  // Punctuation is as wide as the characters; “token” is said in English.
  'zh-Hans': /^(?:[\p{Script=Han}、。，：？“”… ]|token)+$/u,
  'zh-Hant': /^(?:[\p{Script=Han}、。，：？「」… ]|token)+$/u,
}
const NAMES = /Markdown|JSON|JPEG|PNG|Python|MB|Enter|Shift|Esc(ape)?/g

/** Signs within a number: no words, and the same in many a language. They have a test of their own. */
const isMark = (name: string) => name === 'decimalMark' || name === 'thousandsMark'

const PLACES = /\{(\w+)(?:\?[^}]*)?\}/g

function placesOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(PLACES), ([, name = '']) => name))].sort()
}

/** A text's own words: both forms of a count, nothing that is filled in. */
function wordsOf(text: string): string {
  return text
    .replace(/\{\w+\?([^:}]*):([^}]*)\}/g, '$1 $2')
    .replace(PLACES, '')
    .replace(NAMES, '')
}

describe.each(LANGUAGES)('%s', (language, strings) => {
  test('has the names that English has, in its order', () => {
    expect(Object.keys(strings)).toEqual(Object.keys(en))
  })

  test('says something of its own by each', () => {
    const same = Object.entries(en).filter(([name, text]) => strings[name as keyof Strings] === text)
    const names = same.map(([name]) => name).filter((name) => !isMark(name))
    expect(names).toEqual(SAME_AS_ENGLISH[language])
    for (const [name, text] of Object.entries(strings)) if (!isMark(name)) expect(text.trim()).not.toBe('')
  })

  test('fills in what English fills in', () => {
    for (const [name, text] of Object.entries(en)) {
      expect(placesOf(strings[name as keyof Strings]), name).toEqual(placesOf(text))
    }
  })

  test('has no text for “one” and “many” where nouns have more forms', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions()
    if (!pluralCategories.includes('few')) return
    for (const [name, text] of Object.entries(strings)) expect(text, name).not.toMatch(/\{\w+\?/)
  })

  test('ends a sentence where English does', () => {
    for (const [name, text] of Object.entries(en)) {
      const said = strings[name as keyof Strings].replace(/ (Sek|Min|Std|godz)\.$/, '')
      if (!isMark(name)) expect(/[.。]$/.test(said), name).toBe(text.endsWith('.'))
    }
  })
})

/** The figures of an answer's speed, which a reader asks for. */
const FIGURES = ['firstToken', 'rate', 'tokens', 'aboutTokens']

test('nothing is said in the words of developers', () => {
  const jargon =
    /token|model|server|budget|quota|moderat|upstream|request|stream|endpoint|api|cloudflare|http/i
  for (const [name, text] of Object.entries(en))
    if (!FIGURES.includes(name)) expect(text, name).not.toMatch(jargon)
})

test.each([['en', en] as [string, Strings], ...LANGUAGES])(
  '%s is written in its own script',
  (language, strings) => {
    for (const [name, text] of Object.entries(strings)) {
      if (isMark(name)) continue
      if (!SAME_AS_ENGLISH[language]?.includes(name))
        expect(wordsOf(text) || ' ', `${name}: ${text}`).toMatch(WRITTEN_IN[language] ?? /^$/)
      // A comma stands between two texts, and brings its space.
      const alone = name === 'comma' ? text.trimEnd() : text
      expect(alone, `${name} has stray spaces`).not.toMatch(/^\s|\s$|\s{2}/)
    }
  },
)

test.each([['en', en] as [string, Strings], ...LANGUAGES])(
  '%s has its marks in numbers',
  (language, strings) => {
    // Digits are the Latin ones everywhere.
    const parts = new Intl.NumberFormat(`${language}-u-nu-latn`).formatToParts(12_345.5)
    const mark = (type: 'decimal' | 'group') => parts.find((part) => part.type === type)?.value
    expect([strings.decimalMark, strings.thousandsMark]).toEqual([mark('decimal'), mark('group')])
  },
)

/** All characters that a double-byte encoding has. */
function charactersOf(encoding: string): string {
  const bytes = Array.from({ length: 191 }, (_, i) => 0x40 + i)
  const decoder = new TextDecoder(encoding)
  return bytes
    .filter((lead) => lead > 0xa0)
    .flatMap((lead) => bytes.map((trail) => decoder.decode(Uint8Array.of(lead, trail))))
    .join('')
}

test.each([
  ['ja', 'euc-jp'],
  // Simplified characters are those of GB 2312, the part of GBK whose bytes are both above 0xA0.
  ['zh-Hans', 'gb2312'],
  ['zh-Hant', 'big5'],
] as const)('%s has only the characters that are written there: %s', (language, encoding) => {
  const han = new Set(
    Object.values(STRINGS[language])
      .join('')
      .match(/\p{Script=Han}/gu),
  )
  expect(han.size).toBeGreaterThan(50)
  const written = charactersOf(encoding)
  expect([...han].filter((character) => !written.includes(character))).toEqual([])
})

test.each(['zh-Hans', 'zh-Hant'] as const)('%s has a space between Chinese and other text', (language) => {
  for (const [name, text] of Object.entries(STRINGS[language])) {
    // A wait ends with a Chinese unit.
    const said = text.replace('{wait}', '0 秒').replace(PLACES, '0')
    expect(said, name).not.toMatch(/\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u)
    expect(said, name).not.toMatch(/[、。，：] | [、。，：]/)
  }
})

test('French has its narrow space wherever it belongs', () => {
  for (const [name, text] of Object.entries(fr)) {
    const said = text.replace(PLACES, '0')
    expect(said, name).not.toMatch(/[^\u202f][:;?!»]|«[^\u202f]|0 (s|min|h)\b/)
  }
})

test('Arabic isolates what stands at an edge and may run from left to right', () => {
  expect(ar.reference).toContain('\u2068{id}\u2069')
  expect(ar.deleteConversation).toContain('\u2068{title}\u2069')
})

test.each([
  ['{count} {count?token:tokens}', { count: 1 }, '1 token'],
  ['{count} {count?token:tokens}', { count: '1' }, '1 token'],
  ['{count} {count?token:tokens}', { count: 0 }, '0 tokens'],
  ['{count} {count?token:tokens}', { count: 21 }, '21 tokens'],
  ['{count} {count?token:tokens}', { count: '1,000' }, '1,000 tokens'],
  ['{left?Queda:Quedan} {left} de {limit}', { left: 1, limit: 9 }, 'Queda 1 de 9'],
  ['{count} {count?one:}', { count: 2 }, '2 '],
  ['Delete “{title}”', { title: '$& {id}' }, 'Delete “$& {id}”'],
  ['Reference: {id}', {}, 'Reference: {id}'],
  ['{count} {count?word:words}', {}, '{count} {count?word:words}'],
  ['Send', { count: 1 }, 'Send'],
])('fill(%j, %j) is %j', (text, values: Record<string, string | number>, filled) => {
  expect(fill(text, values)).toBe(filled)
})

test.each([
  [['de'], 'de'],
  [['de-AT'], 'de'],
  [['es_419'], 'es'],
  [['AR'], 'ar'],
  [['fr-Latn-CA'], 'fr'],
  [['sv'], 'en'],
  [['sv', 'es'], 'es'],
  [['sv', 'en', 'ja'], 'en'],
  [['pt-BR'], 'pt'],
  [['pt_PT'], 'pt'],
  [['it-CH', 'de'], 'it'],
  [['nl-BE'], 'nl'],
  [['pl-PL'], 'pl'],
  [['TR-tr'], 'tr'],
  [['ru-UA', 'uk'], 'ru'],
  [['uk-UA', 'ru'], 'uk'],
  [['ko-KR'], 'ko'],
  [['zh'], 'zh-Hans'],
  [['zh-CN'], 'zh-Hans'],
  [['zh_sg'], 'zh-Hans'],
  [['zh-Hans'], 'zh-Hans'],
  [['ZH-HANS-HK'], 'zh-Hans'],
  [['zh-cmn-Hans-CN'], 'zh-Hans'],
  [['zh-TW'], 'zh-Hant'],
  [['zh-hk', 'zh-CN'], 'zh-Hant'],
  [['zh-MO'], 'zh-Hant'],
  [['zh-Hant'], 'zh-Hant'],
  [['zh-hant-cn'], 'zh-Hant'],
  [['zh_Hant_TW'], 'zh-Hant'],
  [['zhuang'], 'en'],
  [['english'], 'en'],
  [['arn'], 'en'],
  [['constructor'], 'en'],
  [[null, undefined, '', 'ja-JP'], 'ja'],
  [[null], 'en'],
  [[], 'en'],
])('of %j the language is %s', (wanted, language) => {
  expect(chooseLanguage(wanted)).toBe(language)
})

test('only Arabic is written from right to left', () => {
  expect(directionOf('ar')).toBe('rtl')
  for (const language of ALL) if (language !== 'ar') expect(directionOf(language), language).toBe('ltr')
})

test.each(ALL)('%s is a tag in its standard form, and finds itself', (language) => {
  expect(Intl.getCanonicalLocales(language)).toEqual([language])
  expect(chooseLanguage([language])).toBe(language)
})

test.each(LANGUAGES)('%s comes from its own file', async (language, strings) => {
  const file = await import(`../../../client/widget/strings/${language.toLowerCase()}.ts`)
  expect(strings).toBe(file.strings)
  expect(await loadStrings(language)).toBe(strings)
})

test('English is there at once, as far as the panel shows it, and whole with a conversation', async () => {
  const loaded = await loadStrings('en')
  expect(loaded).toBe(atLoad)
  expect(en).toMatchObject(loaded)
  expect(await wholeStrings(loaded)).toBe(en)
  const german = await loadStrings('de')
  expect(await wholeStrings(german)).toBe(german)
})

test.each([
  [undefined, {}],
  [null, {}],
  [{ send: 'Go' }, { send: 'Go' }],
  ['{"send": "Go", "chat": ""}', { send: 'Go', chat: '' }],
  ['{}', {}],
])('of %j own are %j', (value, own) => {
  expect(ownStrings(value)).toEqual(own)
})

test.each([
  ['{send: "Go"}', 'The attribute strings must be JSON.'],
  ['', 'The attribute strings must be JSON.'],
  ['null', 'strings must be an object of texts.'],
  ['"Go"', 'strings must be an object of texts.'],
  [7, 'strings must be an object of texts.'],
  [['Go'], 'strings must be an object of texts.'],
  [{ send: 'Go', stop: null }, 'strings.stop must be a text.'],
])('%j is refused', (value, message) => {
  expect(() => ownStrings(value)).toThrow(new TypeError(message))
})

test.each([
  [{ submit: 'Go' }, 'strings.submit is not a text that the widget has.'],
  ['{"__proto__": "Go"}', 'strings.__proto__ is not a text that the widget has.'],
  [{ send: 'Go', snd: 'Go' }, 'strings.snd is not a text that the widget has.'],
])('%j has a name that is reported', async (value, message) => {
  await expect(checkNames(ownStrings(value))).rejects.toThrow(new TypeError(message))
})

test.each([[{ send: 'Go' }], [{ retry: 'Go', regenerate: 'Anew' }], [{}]])(
  '%j has names of the widget',
  async (own) => {
    await expect(checkNames(own)).resolves.toBeUndefined()
  },
)

test.each([
  [1, '1 s'],
  [44_100, '45 s'],
  [59_000, '59 s'],
  [59_001, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [540_000, '9 min 00 s'],
  [540_001, '10 min'],
  [2_500_000, '42 min'],
  [3_540_001, '1 h'],
  [3_600_001, '1 h 1 min'],
  [19_283_000, '5 h 22 min'],
  [86_400_000, '24 h'],
])('a wait of %i ms is %s', (ms, line) => {
  expect(waitLine(ms, en)).toBe(line)
})

test.each([
  ['de', ['45 Sek.', '4 Min. 05 Sek.', '42 Min.', '5 Std.', '5 Std. 12 Min.']],
  ['es', ['45 s', '4 min 05 s', '42 min', '5 h', '5 h 12 min']],
  ['fr', ['45 s', '4 min 05 s', '42 min', '5 h', '5 h 12 min']],
  ['ja', ['45秒', '4分05秒', '42分', '5時間', '5時間12分']],
  ['ar', ['45 ث', '4 د 05 ث', '42 د', '5 س', '5 س 12 د']],
  ['it', ['45 s', '4 min 05 s', '42 min', '5 h', '5 h 12 min']],
  ['ko', ['45초', '4분 05초', '42분', '5시간', '5시간 12분']],
  ['nl', ['45 s', '4 min 05 s', '42 min', '5 u', '5 u 12 min']],
  ['pl', ['45 s', '4 min 05 s', '42 min', '5 godz.', '5 godz. 12 min']],
  ['pt', ['45 s', '4 min 05 s', '42 min', '5 h', '5 h 12 min']],
  ['ru', ['45 с', '4 мин 05 с', '42 мин', '5 ч', '5 ч 12 мин']],
  ['tr', ['45 sn', '4 dk 05 sn', '42 dk', '5 sa', '5 sa 12 dk']],
  ['uk', ['45 с', '4 хв 05 с', '42 хв', '5 год', '5 год 12 хв']],
  ['zh-Hans', ['45 秒', '4 分 05 秒', '42 分钟', '5 小时', '5 小时 12 分钟']],
  ['zh-Hant', ['45 秒', '4 分 05 秒', '42 分鐘', '5 小時', '5 小時 12 分鐘']],
] as const)('a wait in %s', (language, lines) => {
  const waits = [45, 245, 42 * 60, 5 * 3600, 5 * 3600 + 12 * 60]
  const said = waits.map((seconds) => waitLine(seconds * 1000, STRINGS[language]))
  expect(said.map((line) => line.replaceAll('\u202f', ' '))).toEqual(lines)
})
