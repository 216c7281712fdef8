/**
 * uPlot makes a number format in the browser's language as it is loaded. A Chromium under the locale `C` calls its
 * language `en-US@posix`, of which no format can be made: uPlot would not load. Imported before it.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
}
