/** Passes chunks on as they come, and tells when none has come for too long. */

/** @param onSilence called at most once; aborting the source is its business, not this stage's */
export function silence<T>(ms: number, onSilence: () => void): TransformStream<T, T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const restart = () => {
    clearTimeout(timer)
    timer = setTimeout(onSilence, ms)
  }
  const stop = () => clearTimeout(timer)
  return new TransformStream({
    start: restart,
    transform(chunk, controller) {
      restart()
      controller.enqueue(chunk)
    },
    flush: stop,
    cancel: stop,
  })
}
