/** Python of answers, in the frame, with the Python of the build. */
import { expect, test } from 'vitest'
import { poll } from '../support/pages.ts'
import { useRuns } from '../support/runs.ts'

const runs = useRuns()

test.each([
  ['that there was no output', 'x = 1', /^The program ended without output\.\s*$/],
  [
    'what the owner has to run, for a package that is not here',
    'import numpy as np\nprint(np.pi)',
    /^numpy isn’t installed here\. Whoever runs this page can add it: npm run python\n[\s\S]*No module named 'numpy'\s*$/,
  ],
  ['the command that brings another package', 'import pandas', /it: npm run python -- pandas\n/],
  [
    'what a program has waited for',
    'import asyncio\nasync def main():\n    await asyncio.sleep(0.01)\n    return "waited"\nprint(asyncio.run(main()))',
    /^The program has ended\.\s+waited\s*$/,
  ],
])('shows %s', async (_, code, text) => {
  const { ended, text: shown } = await runs.run('python', code)
  await ended()
  expect(await shown()).toMatch(text)
})

test('a line is shown when it is printed, and Stop ends the program at once', async () => {
  const { text, stop, ended } = await runs.run('python', 'print("begun")\nwhile True:\n    pass')
  await poll(text).toMatch(/Running…\s+begun/)
  await stop()
  await ended()
  expect(await text()).toMatch(/^Stopped\.\s+begun\s+$/)
})

test('a program runs no longer than 60 s from its start', async () => {
  const code = 'import asyncio\nprint("begun")\nasyncio.run(asyncio.sleep(1000))'
  const { page, text, ended } = await runs.run('python', code, { clock: true })
  await poll(text).toContain('begun')
  await page.clock.runFor(55_000)
  expect(await text()).toContain('Running')
  await page.clock.runFor(6_000)
  await ended()
  expect(await text()).toContain('Stopped: it took longer than 60 s.')
})

test('the load is told in words, once, and seen in percent', async () => {
  const { frame, text } = await runs.run('python', 'while True: pass')
  const [status, percent] = [frame.locator('[role=status]'), frame.locator('.status span')]
  const heard = await status.evaluate((line) => {
    const heard = [line.textContent]
    new MutationObserver(() => heard.push(line.textContent)).observe(line, { childList: true })
    return Object.assign(globalThis, { heard }).heard
  })
  expect(heard[0] === '' || heard[0] === 'Loading Python, 6 MB').toBe(true)
  expect(await percent.getAttribute('aria-hidden')).toBe('true')
  await poll(text).toContain('Running')
  const said = await frame.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
  expect(said.filter(Boolean)).toEqual(['Loading Python, 6 MB', 'Running…'])
})

test('its memory ends at 1 GiB, as an error of Python', async () => {
  // In one piece: filling it bit by bit takes a machine half a minute.
  const { text, ended } = await runs.run('python', 'bytearray(1024 ** 3)')
  await ended()
  expect(await text()).toMatch(/MemoryError/)
})

test('of 100 MB of output, 1 MB is shown', async () => {
  const { frame, text, ended } = await runs.run('python', 'for _ in range(100):\n    print("x" * 1_000_000)')
  await ended()
  expect(await frame.locator('[role=status]').textContent()).toBe(
    'Stopped: it has more output than is shown here.',
  )
  expect((await text()).length).toBeLessThan(1.1 * 1024 * 1024)
})

test('many short lines are shown whole, and in their order', async () => {
  const { frame, ended } = await runs.run('python', 'for i in range(20_000):\n    print(i)')
  await ended()
  const shown = await frame.locator('pre').evaluate((pre) => pre.textContent)
  expect(shown).toBe(`${Array.from({ length: 20_000 }, (_, i) => i).join('\n')}\n`)
})

test('the frame is as high as its output', async () => {
  const { page, frame, ended } = await runs.run('python', 'for i in range(12):\n    print(i)')
  await ended()
  const height = await frame
    .locator('main')
    .evaluate((main) => Math.ceil(main.getBoundingClientRect().height))
  await poll(() => page.evaluate(() => reports.findLast(({ type }) => type === 'height')?.height)).toBe(
    height,
  )
  expect(height).toBeGreaterThan(200)
  // That it has ended is said to screen readers alone.
  const status = await frame.locator('.status').boundingBox()
  expect(Math.max(status?.width ?? 9, status?.height ?? 9)).toBeLessThanOrEqual(1)
})
