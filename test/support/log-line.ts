import { expect } from 'vitest'

/** Waits for the one line of this call in a Worker's log. That of a test before may come late. */
export async function lineOf(
  { headers }: Response,
  { logs }: { logs: Record<string, unknown>[] },
): Promise<Record<string, unknown>> {
  const lines = () => logs.filter(({ id }) => id === headers.get('x-request-id'))
  await expect.poll(lines).toHaveLength(1)
  return lines()[0] as Record<string, unknown>
}
