/**
 * Bounds the memory of a WebAssembly module that makes its own, as Pyodide does. The browser then refuses to
 * grow it, and Python raises `MemoryError`. Pyodide's own bound is 4 GiB.
 *
 * [spec] https://webassembly.github.io/spec/core/binary/modules.html#memory-section
 */

const PAGE_BYTES = 64 * 1024
const MAGIC_AND_VERSION_BYTES = 8
const MEMORY_SECTION = 5
const HAS_MAXIMUM = 1

/**
 * @param most in bytes
 * @returns a copy of the module
 * @throws {TypeError} if it has no memory of its own, or one without a maximum that can be lowered in place
 */
export function limitMemory(module: Uint8Array, most: number): Uint8Array {
  const copy = Uint8Array.from(module)
  for (let at = MAGIC_AND_VERSION_BYTES; at < copy.length; ) {
    const size = readNumber(copy, at + 1)
    if (copy[at] === MEMORY_SECTION) {
      const count = readNumber(copy, size.end)
      const flags = readNumber(copy, count.end)
      const minimum = readNumber(copy, flags.end)
      if (count.value !== 1 || flags.value !== HAS_MAXIMUM) break
      const maximum = readNumber(copy, minimum.end)
      const pages = Math.floor(most / PAGE_BYTES)
      if (pages < minimum.value || pages > maximum.value) break
      writeNumber(copy, pages, minimum.end, maximum.end)
      return copy
    }
    at = size.end + size.value
  }
  throw new TypeError(`The module has no memory that could be bounded to ${most} bytes.`)
}

/** Reads an unsigned LEB128 number. */
function readNumber(bytes: Uint8Array, begin: number): { value: number; end: number } {
  let value = 0
  let end = begin
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[end++] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) return { value, end }
  }
}

/** Writes an unsigned LEB128 number into the bytes of a larger one; the format allows zeros before it. */
function writeNumber(bytes: Uint8Array, value: number, begin: number, end: number): void {
  let rest = value
  for (let at = begin; at < end; at++) {
    bytes[at] = (rest % 128) | (at < end - 1 ? 128 : 0)
    rest = Math.floor(rest / 128)
  }
}
