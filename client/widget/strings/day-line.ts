/**
 * The day of a time: `Today`, `Yesterday`, `Wednesday, 25 November`; of another year with the year. Digits
 * are the Latin ones, as in all texts of the widget.
 *
 * @param ms wall clock, in milliseconds, as `now` is
 */
export function dayLine(ms: number, now: number, language: string): string {
  const locale = `${language}-u-nu-latn`
  const [day, today] = [new Date(ms), new Date(now)]
  // Rounded, as days of 23 and 25 hours exist.
  const ago = Math.round((startOf(today) - startOf(day)) / 86_400_000)
  if (ago === 0 || ago === 1) {
    const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-ago, 'day')
    return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1)
  }
  const isOtherYear = day.getFullYear() !== today.getFullYear()
  const words = day.toLocaleDateString(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(isOtherYear && { year: 'numeric' }),
  })
  return words.charAt(0).toLocaleUpperCase(locale) + words.slice(1)
}

const startOf = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime()
