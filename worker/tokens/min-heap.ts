/** The smallest of a set of numbers first: a binary heap in a typed array, cleared and used again. */
export interface MinHeap {
  /** How many numbers it holds. */
  size(): number
  clear(): void
  /** At most `capacity` numbers between two calls of `clear`. */
  push(value: number): void
  /** Removes and returns the smallest; there must be one. */
  pop(): number
}

export function createMinHeap(capacity: number): MinHeap {
  const values = new Float64Array(capacity)
  let size = 0

  return {
    size: () => size,
    clear() {
      size = 0
    },
    push(value) {
      let at = size++
      while (at > 0) {
        const parent = (at - 1) >> 1
        const above = values[parent] as number
        if (above <= value) break
        values[at] = above
        at = parent
      }
      values[at] = value
    },
    pop() {
      const smallest = values[0] as number
      const value = values[--size] as number
      let at = 0
      for (let child = 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && (values[child + 1] as number) < (values[child] as number)) child++
        const below = values[child] as number
        if (below >= value) break
        values[at] = below
        at = child
      }
      values[at] = value
      return smallest
    },
  }
}
