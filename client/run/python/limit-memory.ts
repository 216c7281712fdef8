/**
 * Bounds the memory of every WebAssembly module that is made from now on. The browser itself then refuses
 * to grow it, and Python raises `MemoryError`. Without a bound a program that fills a list takes 4 GB.
 */
const PAGE_BYTES = 64 * 1024

export function limitMemory(bytes: number): void {
  const Unbounded = WebAssembly.Memory
  const most = Math.floor(bytes / PAGE_BYTES)
  WebAssembly.Memory = class extends Unbounded {
    constructor(wanted: WebAssembly.MemoryDescriptor) {
      super({ ...wanted, maximum: Math.min(wanted.maximum ?? most, most) })
    }
  }
}
