/** What the Worker's files use of workerd, for the tests that Node runs: they don't come to where it is used. */
declare class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {}

interface ReadableStreamBYOBReader {
  readAtLeast<T extends ArrayBufferView>(minElements: number, view: T): Promise<ReadableStreamReadResult<T>>
}
