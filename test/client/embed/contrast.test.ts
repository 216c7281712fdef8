import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OWN_COLORS, type ToRgb, warningsOf } from '../../../client/page/embed/contrast.ts'
import { COLORS } from '../../../client/page/embed/tag.ts'
import { ROOT } from '../../../scripts/bundle.ts'

/** For hexadecimal colours alone. */
const toRgb: ToRgb = (color) => {
  const [, r, g, b] = /^#(..)(..)(..)$/.exec(color) ?? []
  return r && g && b ? [Number(`0x${r}`), Number(`0x${g}`), Number(`0x${b}`)] : undefined
}

test.each(COLORS)('%s is what the widget has', (color) => {
  const style = readFileSync(`${ROOT}client/widget/style/look.css`, 'utf8')
  expect(style).toContain(`var(--millrace-${color}, light-dark(${OWN_COLORS[color].join(', ')}))`)
})

test.each([
  ['nothing is set', {}, {}],
  ['a colour is no problem', { line: '#000000' }, {}],
  [
    'the accent is dark, and the dark theme writes dark on it',
    { accent: '#7a1f3d' },
    { 'on-accent': 'Hard to read in the dark theme: contrast 1.7, where 4.5 is needed.' },
  ],
  ['both are set', { accent: '#7a1f3d', 'on-accent': '#ffffff' }, {}],
  [
    'the background is light in both themes',
    { paper: '#ffffff' },
    {
      ink: 'Hard to read in the dark theme: contrast 1.2, where 4.5 is needed.',
      'ink-soft': 'Hard to read in the dark theme: contrast 2.5, where 4.5 is needed.',
    },
  ],
  ['it can’t be known', { accent: 'var(--brand)' }, {}],
])('where %s', (_, colors, warnings) => {
  expect(warningsOf(colors, toRgb)).toEqual(warnings)
})
