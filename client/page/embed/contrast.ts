/** Whether text can be read on its background, in both themes of the widget. */
import type { Color } from './tag.ts'

/** The widget's own colours: light, dark. */
export const OWN_COLORS: Record<Color, [light: string, dark: string]> = {
  accent: ['#0a6b7c', '#62c4d0'],
  'on-accent': ['#ffffff', '#062025'],
  paper: ['#f6f8f6', '#0d1618'],
  surface: ['#ffffff', '#142124'],
  ink: ['#13252a', '#e2ebe9'],
  'ink-soft': ['#50646a', '#94a9ab'],
  line: ['#d8e0dd', '#263639'],
}

/** Which texts stand on what. */
const PAIRS: [text: Color, ground: Color][] = [
  ['on-accent', 'accent'],
  ['ink', 'paper'],
  ['ink', 'surface'],
  ['ink-soft', 'paper'],
]

/** [spec] WCAG 2.2, 1.4.3: for text of this size. */
const LEAST_CONTRAST = 4.5

/** Red, green and blue, 0 to 255; `undefined` for what has no such form here, such as a `var()`. */
export type ToRgb = (color: string, theme: 'light' | 'dark') => [number, number, number] | undefined

/**
 * @param colors those that are set
 * @returns a warning for each text colour that is hard to read, in the theme where it is hardest
 */
export function warningsOf(
  colors: Partial<Record<Color, string>>,
  toRgb: ToRgb,
): Partial<Record<Color, string>> {
  const warnings: Partial<Record<Color, string>> = {}
  for (const [text, ground] of PAIRS) {
    if (warnings[text] || !(colors[text]?.trim() || colors[ground]?.trim())) continue
    const [worst] = (['light', 'dark'] as const)
      .flatMap((theme, index) => {
        const rgb = (color: Color) => toRgb(colors[color]?.trim() || (OWN_COLORS[color][index] ?? ''), theme)
        const [one, other] = [rgb(text), rgb(ground)]
        return one && other ? [{ theme, ratio: contrast(one, other) }] : []
      })
      .toSorted((a, b) => a.ratio - b.ratio)
    if (!worst || worst.ratio >= LEAST_CONTRAST) continue
    warnings[text] =
      `Hard to read in the ${worst.theme} theme: contrast ${worst.ratio.toFixed(1)}, where ${LEAST_CONTRAST} is needed.`
  }
  return warnings
}

type Rgb = [number, number, number]

/** [spec] WCAG 2.2, "contrast ratio": 1 to 21. */
function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** [spec] WCAG 2.2, "relative luminance". */
function luminance(rgb: Rgb): number {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
