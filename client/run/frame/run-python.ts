/** Runs one Python program in a worker of its own, within its bounds. */
import { fill } from '../../widget/strings/fill.ts'
import { MAX_RUN_MS } from '../bounds.ts'
import { type News, readNews, type Start } from '../messages.ts'
import type { Task } from '../python/worker.ts'
import type { Output } from './output.ts'

/** The worker's file, from the frame's address. By the build. */
declare const MILLRACE_WORKER: string

/** The worker's script. The task may be there before the file. */
const STARTER = `onmessage = ({ data }) =>
  import(FILE).then(({ run }) => run(data)).catch(() => postMessage({ type: 'failed' }))`

/**
 * @param base the frame's address
 * @param ended called once, however it ends
 * @returns a function that ends it at once
 */
export function runPython(
  { code, words, look }: Start,
  base: string,
  output: Output,
  ended: () => void,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  // A worker's file must be of its document's origin, which here is none: a blob is, and has this
  // document's policy.
  const file = JSON.stringify(new URL(MILLRACE_WORKER, base).href)
  const address = URL.createObjectURL(new Blob([STARTER.replace('FILE', file)], { type: 'text/javascript' }))
  // No module: Chromium 153 starts none from a blob of an opaque origin.
  const worker = new Worker(address)

  function end(said: string, tell = output.setStatus): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    worker.terminate()
    URL.revokeObjectURL(address)
    tell(said)
    ended()
  }

  function hear(news: News | undefined): void {
    if (isOver || !news) return
    if (news.type === 'loading' && timer === undefined) {
      const { loaded, total, megabytes } = news
      output.setStatus(fill(words.loading, { size: megabytes }), total > 0 ? loaded / total : 0)
    } else if (news.type === 'started') {
      timer ??= setTimeout(() => end(fill(words.tooLong, { seconds: MAX_RUN_MS / 1000 })), MAX_RUN_MS)
      output.setStatus(words.running)
    } else if (news.type === 'text') {
      if (!output.write(news.kind, news.text)) end(words.tooMuch)
    } else if (news.type === 'picture') {
      if (!output.addPicture(news.png, news.title)) end(words.tooMuch)
    } else if (news.type === 'ended') {
      if (news.missing) end(fill(words.notInstalled, news.missing))
      else if (output.isEmpty) end(words.noOutput)
      // What it wrote is seen.
      else end(words.ended, output.speakStatus)
    } else if (news.type === 'failed') fail()
  }

  const fail = () => end(timer === undefined ? words.notLoaded : words.brokeOff)

  worker.onmessage = ({ data }) => hear(readNews(data))
  worker.onerror = fail
  worker.postMessage({ base, code, dark: look.dark } satisfies Task)
  return () => end(words.stopped)
}
