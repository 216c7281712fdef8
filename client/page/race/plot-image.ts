/** The plot as an image of its own, with background, result and legend. */

interface Caption {
  /** The result in words, drawn above the plot. */
  sentence: string
  /** The page's legend, which has the names and colors of the lines. */
  legend: HTMLElement
  /** The element whose background, font and color the image takes. */
  surface: HTMLElement
}

const MARGIN = 16
const LINE = 22

export async function toPng(plot: HTMLCanvasElement, { sentence, legend, surface }: Caption): Promise<Blob> {
  const ratio = devicePixelRatio
  const width = plot.width / ratio + 2 * MARGIN
  const { fontFamily, backgroundColor, color } = getComputedStyle(surface)
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  if (!context) throw new TypeError('This browser draws no pictures.')
  const font = `14px ${fontFamily}`
  context.font = font
  const measure = (text: string) => context.measureText(text).width
  const words = wrap(sentence, width - 2 * MARGIN, measure)
  const entries = Array.from(legend.children, (entry) => ({
    text: entry.textContent ?? '',
    color: getComputedStyle(entry, '::before').color,
    dashed: entry instanceof HTMLElement && entry.dataset.line === 'first-words',
  }))

  const plotTop = MARGIN + words.length * LINE + 8
  const legendTop = plotTop + plot.height / ratio + 12
  const height = legendTop + entries.length * LINE + MARGIN
  // Resizing clears a canvas and its state, so set everything afterwards.
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  context.fillStyle = backgroundColor
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(plot, MARGIN * ratio, plotTop * ratio)
  context.scale(ratio, ratio)
  context.font = font
  context.textBaseline = 'middle'
  context.fillStyle = color
  words.forEach((line, i) => {
    context.fillText(line, MARGIN, MARGIN + (i + 0.5) * LINE)
  })
  entries.forEach((entry, i) => {
    const y = legendTop + (i + 0.5) * LINE
    context.strokeStyle = entry.color
    context.lineWidth = 2.5
    context.setLineDash(entry.dashed ? [6, 4] : [])
    context.beginPath()
    context.moveTo(MARGIN, y)
    context.lineTo(MARGIN + 26, y)
    context.stroke()
    context.fillText(entry.text, MARGIN + 36, y)
  })
  const { promise, resolve, reject } = Promise.withResolvers<Blob>()
  canvas.toBlob(
    (blob) => (blob ? resolve(blob) : reject(new Error('The picture is too large.'))),
    'image/png',
  )
  return promise
}

function wrap(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && measure(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
