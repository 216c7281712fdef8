/** The value of a CSS colour, as this browser draws it. */
import type { ToRgb } from './contrast.ts'

export const toRgb: ToRgb = (color, theme) => {
  if (!CSS.supports('color', color)) return undefined
  const [around, probe] = [document.createElement('i'), document.createElement('i')]
  // What a colour that can't be resolved inherits, as a `var()` of the site's.
  around.style.color = 'transparent'
  probe.style.colorScheme = theme
  probe.style.color = color
  around.append(probe)
  document.body.append(around)
  const resolved = getComputedStyle(probe).color
  around.remove()
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!context) return undefined
  context.fillStyle = resolved
  context.fillRect(0, 0, 1, 1)
  const [r = 0, g = 0, b = 0, alpha] = context.getImageData(0, 0, 1, 1).data
  return alpha === 255 ? [r, g, b] : undefined
}
