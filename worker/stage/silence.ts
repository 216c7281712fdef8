/** Passes chunks on as they come, and tells when none has come for too long. */

/** @param onSilence called at most once; aborting the source is its business, not this stage's */
export function silence<T>(ms: number, onSilence: () => void): TransformStream<T, T> {
  let stop = () => {}
  const restart = () => {
    stop()
    const timer = setTimeout(onSilence, ms)
    stop = () => clearTimeout(timer)
  }
  const transformer: Transformer<T, T> & { cancel(): void } = {
    start: restart,
    transform(chunk, controller) {
      restart()
      controller.enqueue(chunk)
    },
    flush: () => stop(),
    // [spec] Streams, 6.1: newer than some type libraries.
    cancel: () => stop(),
  }
  return new TransformStream(transformer)
}
