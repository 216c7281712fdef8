export async function word(): Promise<string> {
  const { deep } = await import('./deep.ts')
  return `a ${deep} word`
}
