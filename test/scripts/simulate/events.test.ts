import { expect, test } from 'vitest'
import { createEvents } from '../../../scripts/simulate/events.ts'

test('events come in the order of their times, and of one time in the order in which they were asked for', async () => {
  const events = createEvents(100)
  const seen: string[] = []
  const say = (at: number, name: string) => events.at(at, () => seen.push(`${name} at ${events.now()}`))
  for (const [at, name] of [
    [300, 'c'],
    [200, 'a'],
    [200, 'b'],
    [50, 'late'],
    [900, 'never'],
  ] as const)
    say(at, name)
  events.at(250, () => events.after(10, () => seen.push(`inner at ${events.now()}`)))
  await events.run(900)
  expect(seen).toEqual(['late at 100', 'a at 200', 'b at 200', 'inner at 260', 'c at 300'])
  expect(events.now()).toBe(900)
})

test('any number of events comes in order', async () => {
  const events = createEvents(0)
  const seen: number[] = []
  for (let i = 0; i < 500; i++) events.at((i * 7919) % 1000, () => seen.push(events.now()))
  await events.run(1000)
  expect(seen).toHaveLength(500)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('what waits for a promise goes on before the next event', async () => {
  const events = createEvents(0)
  const seen: string[] = []
  const work = async () => {
    await events.sleep(10)
    seen.push(`slept until ${events.now()}`)
    await events.sleep(10, AbortSignal.abort())
    seen.push(`aborted at ${events.now()}`)
    await events.sleep(5)
    seen.push(`again until ${events.now()}`)
  }
  const done = work()
  events.at(11, () => seen.push('event at 11'))
  await events.run(100)
  await done
  expect(seen).toEqual(['slept until 10', 'aborted at 10', 'event at 11', 'again until 15'])
})

test('a check after each event stops the run', async () => {
  const events = createEvents(0)
  const seen: number[] = []
  for (const at of [1, 2, 3]) events.at(at, () => seen.push(at))
  const check = () => {
    if (seen.includes(2)) throw new Error('wrong')
  }
  await expect(events.run(10, check)).rejects.toThrow('wrong')
  expect(seen).toEqual([1, 2])
})
