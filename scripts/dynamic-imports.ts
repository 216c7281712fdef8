/** Finds the `import()`s of a module that load a literal path. */
import { parseAst } from 'vite'

interface DynamicImport {
  start: number
  end: number
  path: string
}

interface Literal {
  value?: unknown
}

/** @returns the imports in order. @param code JavaScript, without types */
export function dynamicImports(code: string): DynamicImport[] {
  const found: DynamicImport[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, start, end, source } = node as {
      type?: string
      start: number
      end: number
      source?: Literal
    }
    if (type === 'ImportExpression' && typeof source?.value === 'string') {
      found.push({ start, end, path: source.value })
    } else {
      for (const child of Object.values(node)) visit(child)
    }
  }
  visit(parseAst(code))
  return found.sort((a, b) => a.start - b.start)
}
