/** @returns what `beforeAll` started; @throws {TypeError} before it has */
export function started<T>(it: T | undefined): T {
  if (it === undefined) throw new TypeError('Servers run only inside tests.')
  return it
}
