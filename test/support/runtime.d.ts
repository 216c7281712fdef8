/** The workerd classes that the Worker's files mention, for tests in Node that never call them. */
declare class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {}

interface ReadableStreamBYOBReader {
  readAtLeast<T extends ArrayBufferView>(minElements: number, view: T): Promise<ReadableStreamReadResult<T>>
}
