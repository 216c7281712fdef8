/** Draws the time of each message with uPlot, as in the founding example's plot, in the page's colors. */
// The import order matters: the language first.
import './usable-language.ts'

import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { seconds } from './numbers.ts'
import type { Series } from './series.ts'

/** Above this number, points merge into one line, and drawing each costs more than it shows. */
const MAX_POINTS = 1500

const NARROW_PX = 480

export interface Plot {
  canvas: HTMLCanvasElement
  remove(): void
}

/** Fills `place`, and draws again when its size or the color scheme changes. */
export function drawPlot(place: HTMLElement, series: Series): Plot {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  let plot = draw(place, series)

  function again(): void {
    plot.destroy()
    plot = draw(place, series)
  }
  dark.addEventListener('change', again)
  const resized = new ResizeObserver(() => {
    const { clientWidth, clientHeight } = place
    if (Math.abs(clientWidth - plot.width) >= 1 || Math.abs(clientHeight - plot.height) >= 1) again()
  })
  resized.observe(place)
  return {
    get canvas() {
      return plot.ctx.canvas
    },
    remove() {
      dark.removeEventListener('change', again)
      resized.disconnect()
      plot.destroy()
    },
  }
}

function draw(place: HTMLElement, { message, streamed, firstWords, unstreamed }: Series): uPlot {
  const color = colorsOf(place)
  const width = place.clientWidth
  const narrow = width < NARROW_PX
  const { fontFamily } = getComputedStyle(place)
  const font = `${narrow ? 12 : 13}px ${fontFamily}`
  const axis = {
    font,
    labelFont: font,
    labelSize: 22,
    stroke: color('--ink-soft'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1, size: 5 },
  }
  const highest = Math.max(streamed.at(-1) ?? 0, unstreamed[0] ?? 0)
  const options: uPlot.Options = {
    width,
    // The page's style sets it.
    height: place.clientHeight,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    // No zoom: a drag on a phone would start it by accident.
    cursor: { show: false },
    scales: {
      x: { time: false, range: [0, Math.max(1, message.length - 1)] },
      // Leaves room above the highest line for its label.
      y: { range: [0, Math.max(0.01, highest * 1.1)] },
    },
    axes: [
      { ...axis, label: 'Message of the streamed answer', size: 34, space: narrow ? 50 : 80 },
      { ...axis, label: 'Time since the question (s)', size: narrow ? 38 : 46 },
    ],
    series: [
      {},
      {
        stroke: color('--brass'),
        width: 1.5,
        points: {
          show: message.length <= MAX_POINTS,
          size: narrow ? 3 : 4,
          stroke: color('--brass'),
          fill: color('--brass'),
        },
      },
      { stroke: color('--brass'), width: 2, dash: [7, 5], points: { show: false } },
      { stroke: color('--ink'), width: 2, points: { show: false } },
    ],
    hooks: {
      draw: [
        (plot) => {
          label(plot, `first words ${inSeconds(firstWords[0])}`, firstWords[0], 'right', color('--brass'))
          label(plot, `unstreamed ${inSeconds(unstreamed[0])}`, unstreamed[0], 'left', color('--ink'))
        },
      ],
    },
  }
  return new uPlot(options, [message, streamed, firstWords, unstreamed], place)

  /** Labels a level on its line, at the top left or bottom right, which the rising points leave free. */
  function label(
    plot: uPlot,
    text: string,
    at: number | null | undefined,
    side: 'left' | 'right',
    fill: string,
  ) {
    if (at === null || at === undefined) return
    const { ctx, bbox } = plot
    const ratio = devicePixelRatio
    ctx.save()
    ctx.font = `600 ${(narrow ? 12 : 13) * ratio}px ${fontFamily}`
    ctx.fillStyle = fill
    ctx.textAlign = side
    ctx.textBaseline = 'bottom'
    const inset = 8 * ratio
    const x = side === 'left' ? bbox.left + inset : bbox.left + bbox.width - inset
    ctx.fillText(text, x, plot.valToPos(at, 'y', true) - 5 * ratio)
    ctx.restore()
  }
}

const inSeconds = (value: number | null | undefined) => seconds((value ?? 0) * 1000)

/**
 * The page's colors in a form that a canvas understands. A custom property itself reads `light-dark(…)`; as
 * the value of a property it is resolved to one color.
 */
function colorsOf(place: HTMLElement): (name: string) => string {
  const probe = document.createElement('i')
  place.append(probe)
  const colors = new Map<string, string>()
  for (const name of ['--ink', '--ink-soft', '--line', '--brass']) {
    probe.style.color = `var(${name})`
    colors.set(name, getComputedStyle(probe).color)
  }
  probe.remove()
  return (name) => colors.get(name) ?? ''
}
