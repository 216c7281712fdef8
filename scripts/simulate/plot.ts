/** Line plots as SVG, which a page in a dark theme shows in dark colours. */

export interface Line {
  name: string
  points: readonly (readonly [number, number])[]
  /** A bound: dashed, and in the colour of warnings. */
  isBound?: boolean
}

interface Axis {
  label: string
  ticks: readonly number[]
  /** Logarithmic: its first tick is above 0. */
  isLog?: boolean
  nameOf?: (tick: number) => string
}

export interface Plot {
  title: string
  x: Axis
  y: Axis
  lines: readonly Line[]
}

const [WIDTH, HEIGHT] = [720, 380]
const FRAME = { left: 74, right: 176, top: 44, bottom: 50 }
/** The names of lines are at least this far apart. */
const NAME_HEIGHT = 16

const STYLE = `
    text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #4b5563 }
    .title { font-size: 14px; font-weight: 600; fill: #111827 }
    .paper { fill: #ffffff }
    .grid { stroke: #e5e7eb }
    .axis { stroke: #9ca3af }
    path { fill: none; stroke-width: 2; stroke-linejoin: round }
    .l0 { stroke: #0f766e } text.l0 { fill: #0f766e; stroke: none }
    .l1 { stroke: #b45309 } text.l1 { fill: #b45309; stroke: none }
    .l2 { stroke: #6d28d9 } text.l2 { fill: #6d28d9; stroke: none }
    .bound { stroke: #b91c1c; stroke-dasharray: 6 4 } text.bound { fill: #b91c1c; stroke: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #9ca3af }
      .title { fill: #f3f4f6 }
      .paper { fill: #0d1117 }
      .grid { stroke: #21262d }
      .axis { stroke: #6b7280 }
      .l0 { stroke: #2dd4bf } text.l0 { fill: #2dd4bf }
      .l1 { stroke: #fbbf24 } text.l1 { fill: #fbbf24 }
      .l2 { stroke: #c4b5fd } text.l2 { fill: #c4b5fd }
      .bound { stroke: #f87171 } text.bound { fill: #f87171 }
    }`

/** Where a figure stands on an axis: 0 at its first tick, 1 at its last. */
function scaleOf({ ticks, isLog = false }: Axis): (figure: number) => number {
  const place = (figure: number) => (isLog ? Math.log10(Math.max(figure, Number.MIN_VALUE)) : figure)
  const [first, last] = [place(ticks[0] ?? 0), place(ticks.at(-1) ?? 1)]
  return (figure) => Math.min(1, Math.max(0, (place(figure) - first) / (last - first)))
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
const digits = (figure: number) => String(Number(figure.toFixed(1)))

/** The places of names, from the lowest, moved up as far as needed so that none covers another. */
function spread(places: readonly number[]): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[b] ?? 0) - (places[a] ?? 0))
  const moved = [...places]
  let free = Number.POSITIVE_INFINITY
  for (const index of order) {
    moved[index] = Math.min(places[index] ?? 0, free)
    free = (moved[index] ?? 0) - NAME_HEIGHT
  }
  return moved
}

export function svgOf({ title, x, y, lines }: Plot): string {
  const [right, bottom] = [WIDTH - FRAME.right, HEIGHT - FRAME.bottom]
  const [alongX, alongY] = [scaleOf(x), scaleOf(y)]
  const xAt = (figure: number) => FRAME.left + alongX(figure) * (right - FRAME.left)
  const yAt = (figure: number) => bottom - alongY(figure) * (bottom - FRAME.top)
  const nameOf = (axis: Axis, tick: number) => escaped(axis.nameOf?.(tick) ?? tick.toLocaleString('en'))

  const grid = y.ticks.map(
    (tick) =>
      `<line class="grid" x1="${FRAME.left}" x2="${right}" y1="${digits(yAt(tick))}" y2="${digits(yAt(tick))}"/>
  <text x="${FRAME.left - 8}" y="${digits(yAt(tick) + 4)}" text-anchor="end">${nameOf(y, tick)}</text>`,
  )
  const ticks = x.ticks.map(
    (tick) =>
      `<text x="${digits(xAt(tick))}" y="${bottom + 18}" text-anchor="middle">${nameOf(x, tick)}</text>`,
  )
  const classes = lines.map(({ isBound }, index) => (isBound ? 'bound' : `l${index}`))
  const names = spread(lines.map(({ points }) => yAt(points.at(-1)?.[1] ?? 0) - 4))
  const drawn = lines.map(({ name, points }, index) => {
    const path = points.map(
      ([at, figure], i) => `${i === 0 ? 'M' : 'L'}${digits(xAt(at))} ${digits(yAt(figure))}`,
    )
    return `<path class="${classes[index]}" d="${path.join('')}"/>
  <text class="${classes[index]}" x="${right + 8}" y="${digits((names[index] ?? 0) + 4)}">${escaped(name)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escaped(title)}">
  <style>${STYLE}
  </style>
  <rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="8"/>
  <text class="title" x="16" y="24">${escaped(title)}</text>
  ${grid.join('\n  ')}
  <line class="axis" x1="${FRAME.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
  ${ticks.join('\n  ')}
  <text x="${(FRAME.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x.label)}</text>
  <text transform="translate(18 ${(FRAME.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>
  ${drawn.join('\n  ')}
</svg>
`
}
