/**
 * The script of the document at `/run/`, in which a page runs an answer's code. It takes one order, from
 * the page that it stands in and from nobody else. Code never runs in this document: Python has a worker,
 * and a preview a frame of its own.
 */
import { HELLO, type Order, type Report, type Start } from '../messages.ts'
import { createOutput } from './output.ts'
import { showPreview } from './preview.ts'
import { runPython } from './run-python.ts'

/** The address of the document, of which the policy is that of its kind. */
const base = new URL('/run/', document.baseURI).href

addEventListener('message', function greet({ source, data, ports: [port] }) {
  // Opened alone, it has no page. `source` can't be forged, and `frame-ancestors` says which pages there
  // may be.
  if (source !== parent || parent === window || data !== HELLO || !port) return
  removeEventListener('message', greet)
  serve(port)
})

function serve(port: MessagePort): void {
  const report = (report: Report) => port.postMessage(report)
  let stop = () => {}
  port.onmessage = ({ data }: MessageEvent<Order>) => {
    if (data.type === 'stop') stop()
    else stop = start(data, report)
  }
  report({ type: 'ready' })
}

function start(order: Start, report: (report: Report) => void): () => void {
  const output = createOutput(order.look, order.words)
  document.body.append(output.element)
  new ResizeObserver(() => {
    report({ type: 'height', height: Math.ceil(output.element.getBoundingClientRect().height) })
  }).observe(output.element)
  const ended = () => report({ type: 'ended' })
  return order.kind === 'python' ? runPython(order, base, output, ended) : showPreview(order, output, ended)
}
