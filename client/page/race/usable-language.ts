/**
 * Import this before uPlot, which creates a number format in the browser's language while it loads. Chromium
 * under the locale `C` reports `en-US@posix`, which no format accepts, and uPlot would fail to load.
 */
try {
  new Intl.NumberFormat(navigator.language)
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })
}
