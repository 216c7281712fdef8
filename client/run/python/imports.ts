/**
 * The modules that a Python program imports, by their first names. A line inside a text may look like an
 * import: then a package is loaded that isn't used.
 */
export function importsOf(code: string): string[] {
  const names = new Set<string>()
  // Also `try: import numpy` and `import sys; import numpy`.
  for (const statement of code.split(/[\n;:]/)) {
    const [, from, list] = /^\s*(?:from\s+(\w+)|import\s+(.+))/.exec(statement) ?? []
    for (const item of from ? [from] : (list?.split(',') ?? [])) {
      const [name] = /^\w+/.exec(item.trim()) ?? []
      if (name) names.add(name)
    }
  }
  return [...names]
}
