/** A race's result below its lanes: plot, table, the plot's numbers, and downloads. */
import type { CodeRun } from '../../run/code-runs.ts'
import { kindOf } from '../../run/runnable.ts'
import { en } from '../../widget/strings/en.ts'
import { cloneTemplate, findElement } from '../find-element.ts'
import { toCsv } from './csv.ts'
import { figures, plotSentence, resultSentence, workerLine } from './figures.ts'
import { seconds } from './numbers.ts'
import type { Plot } from './plot.ts'
import type { RaceRecord } from './record.ts'
import { pickSamples, toSeries } from './series.ts'

/** Rows of the table of numbers, few enough to be listened to. The CSV has all rows. */
const READ_ROWS = 24

export interface ResultView {
  element: HTMLElement
  /** Offers to run the answer's code. @param code its block in the streamed answer */
  offerRun(code: Element): Promise<void>
  /** Adds the page's own counts, unstreamed and streamed, which may arrive after everything else. */
  showCounts(counts: readonly [number | null, number | null]): void
  remove(): void
}

export function createResultView(record: RaceRecord): ResultView {
  const element = cloneTemplate('result-template')
  const find = (selector: string) => findElement(element, selector, HTMLElement)
  find('.figures tbody').append(...figureRows(record))
  find('.at-worker').textContent = workerLine(record)
  find('.at-worker').hidden = record.atWorker === null
  const rows = numberRows(record)
  find('.numbers caption').textContent = numbersCaption(record, rows.length)
  find('.numbers tbody').append(...rows)

  const place = find('.plot')
  place.ariaLabel = plotSentence(record)
  const name = `millrace-race${(record.demoSpeed ?? 1) > 1 ? `-${record.demoSpeed}x` : ''}`
  find('.save-csv').addEventListener('click', () => {
    save(new Blob([toCsv(record)], { type: 'text/csv' }), `${name}.csv`)
  })

  let codeRun: CodeRun | undefined
  let plot: Plot | undefined
  let removed = false
  const savePng = findElement(element, '.save-png', HTMLButtonElement)
  savePng.disabled = true
  // Loaded only when there is something to draw. Without the plot, its numbers are still shown.
  const drawn = Promise.all([import('./plot.ts'), import('./plot-image.ts')])
  void drawn.then(
    ([{ drawPlot }, { toPng }]) => {
      if (removed) return
      const shown = drawPlot(place, toSeries(record))
      plot = shown
      savePng.disabled = false
      const caption = { sentence: resultSentence(record), legend: find('.legend'), surface: element }
      savePng.addEventListener('click', async () => {
        save(await toPng(shown.canvas, caption), `${name}.png`)
      })
    },
    () => {
      place.textContent = 'The plot could not be loaded. Its numbers are below.'
    },
  )
  return {
    element,
    async offerRun(code) {
      const kind = kindOf(code)
      const source = code.querySelector('code')
      if (!kind || !source) return
      const { createCodeRun } = await import('../../run/part.ts')
      if (removed) return
      const strings = { ...en, run: 'Run it' }
      codeRun = createCodeRun(kind, source, { tree: document, endpoint: '', strings, language: 'en' })
      const box = find('.run-it')
      for (const button of [codeRun.start, codeRun.close]) button.classList.add('quiet')
      box.append('And the code of the answer? ', codeRun.start, codeRun.close, codeRun.place)
      box.hidden = false
    },
    showCounts([unstreamed, streamed]) {
      record.unstreamed.counted = unstreamed
      record.streamed.counted = streamed
      find('.figures tbody').replaceChildren(...figureRows(record))
    },
    remove() {
      removed = true
      codeRun?.remove()
      plot?.remove()
      element.remove()
    },
  }
}

function figureRows(record: RaceRecord): HTMLElement[] {
  return figures(record).map(({ name, values, notes }) => {
    const row = document.createElement('tr')
    const head = document.createElement('th')
    head.scope = 'row'
    head.textContent = name
    row.append(head)
    for (const way of ['unstreamed', 'streamed'] as const) {
      const cell = document.createElement('td')
      cell.textContent = values[way] || 'not known'
      if (notes && values[way]) {
        const note = document.createElement('small')
        note.textContent = notes[way]
        cell.append(' ', note)
      }
      row.append(cell)
    }
    return row
  })
}

function numbersCaption({ samples, streamed, unstreamed }: RaceRecord, rows: number): string {
  const start = streamed.firstWordsMs === null ? '' : `first words after ${seconds(streamed.firstWordsMs)}, `
  return (
    `The streamed answer: ${start}the end after ${seconds(streamed.totalMs)}. ` +
    `The unstreamed answer: all of it after ${seconds(unstreamed.totalMs)}. ` +
    (rows < samples.length ? `${rows} of ${samples.length} messages:` : 'All messages:')
  )
}

function numberRows({ samples }: RaceRecord): HTMLElement[] {
  return pickSamples(samples, READ_ROWS).map(({ message, ms }) => {
    const row = document.createElement('tr')
    const head = document.createElement('th')
    head.scope = 'row'
    head.textContent = String(message)
    const cell = document.createElement('td')
    cell.textContent = `${(ms / 1000).toFixed(2)} s`
    row.append(head, cell)
    return row
  })
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The browser has read the URL by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
