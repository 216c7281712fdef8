import { expect, test } from 'vitest'
import { createInFlight } from '../../worker/admission/in-flight.ts'

function open(most: number) {
  let now = 0
  const inFlight = createInFlight(most, () => now)
  const pass = (ms: number) => {
    now += ms
  }
  return { inFlight, pass }
}

test('bodies take what there is, and no more', () => {
  const { inFlight } = open(100)
  const [a, b] = [inFlight.open(100, 1000), inFlight.open(100, 1000)]
  expect([a.take(60), b.take(41), b.take(40), a.take(1)]).toEqual([true, false, true, false])
  a.free()
  a.free()
  expect([b.take(61), b.take(60), b.take(1)]).toEqual([false, true, false])
})

test('a share leaves the rest to others', () => {
  const { inFlight } = open(100)
  const [visitor, other, key] = [inFlight.open(50, 1000), inFlight.open(50, 1000), inFlight.open(100, 1000)]
  expect([visitor.take(50), other.take(1), key.take(50)]).toEqual([true, false, true])
  visitor.free()
  expect(other.take(1)).toBe(false)
  key.free()
  expect(other.take(50)).toBe(true)
})

test('what a dropped request never freed is free when its time is over', () => {
  const { inFlight, pass } = open(100)
  expect(inFlight.open(100, 1000).take(100)).toBe(true)
  pass(999)
  expect(inFlight.open(100, 2000).take(1)).toBe(false)
  pass(1)
  expect(inFlight.open(100, 2000).take(100)).toBe(true)
})
