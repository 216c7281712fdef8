/** Replaces placeholders: `fill('{count} {count?token:tokens}', { count: 1 })` is `1 token`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(?:\?([^:}]*):([^}]*))?\}/g, (whole, name: string, one?: string, many = '') => {
    const value = values[name]
    if (value === undefined) return whole
    if (one === undefined) return String(value)
    return String(value) === '1' ? one : many
  })
}
