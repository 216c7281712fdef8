import { describe, expect, test } from 'vitest'
import { limitMemory } from '../../scripts/limit-memory.ts'

const MIB = 1024 * 1024
/** A module with a memory of these bytes' limits, that exports it as `m`. */
const moduleOf = (...memory: number[]) =>
  new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[5, memory.length + 1, 1, ...memory],
    ...[7, 5, 1, 1, 0x6d, 2, 0],
  ])
/** From 1 to 65,536 pages, as Pyodide's. */
const LARGE = moduleOf(1, 1, 0x80, 0x80, 4)

async function grow(module: Uint8Array, pages: number): Promise<number> {
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(module))
  const memory = instance.exports.m as WebAssembly.Memory
  memory.grow(pages)
  return memory.buffer.byteLength
}

test('a memory grows to its bound, and no further', async () => {
  expect(await grow(LARGE, 31)).toBe(2 * MIB)
  expect(await grow(LARGE, 32)).toBe(2 * MIB + 64 * 1024)
  const bounded = limitMemory(LARGE, 2 * MIB)
  expect(await grow(bounded, 31)).toBe(2 * MIB)
  await expect(grow(bounded, 32)).rejects.toThrow(RangeError)
})

describe('what can’t be bounded is said, so that no build goes without a bound', () => {
  test.each([
    ['no memory', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])],
    ['a memory without a maximum', moduleOf(0, 1)],
    ['a memory that begins larger', moduleOf(1, 64, 0x80, 1)],
    ['a memory that ends sooner', moduleOf(1, 1, 2)],
  ])('%s', (_, module) => {
    expect(() => limitMemory(module, 2 * MIB)).toThrow('no memory that could be bounded to 2097152 bytes')
  })
})
