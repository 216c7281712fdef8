/** How one value of the configuration is read: text in, a value out, or an error that names the variable. */

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  // wrangler.toml may hold `DEMO_SPEED = 10` or `OPEN_ACCESS = true`.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') throw new ConfigError(`${name} must be text.`)
  return value.trim() || undefined
}

export const listOf = (text: string) => text.split(/[\s,]+/).filter(Boolean)

export function parseAddress(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.password || url.hash
    ? undefined
    : url
}

/** @param choices the first is the default */
export function readChoice<const T extends string>(
  name: string,
  text: string | undefined,
  choices: readonly [T, ...T[]],
): T {
  const choice = choices.find((one) => one === (text ?? choices[0]))
  if (choice !== undefined) return choice
  throw new ConfigError(`${name} must be one of ${choices.join(', ')}.`)
}

export function readBoolean(name: string, text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true') return true
  throw new ConfigError(`${name} must be true or false.`)
}

export function readNumber(
  name: string,
  text: string | undefined,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  if (text === undefined) return fallback
  const value = Number(text)
  if (!(value >= least && value <= most)) {
    throw new ConfigError(`${name} must be a number from ${least} to ${most}.`)
  }
  return value
}

export function readCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new ConfigError(`${name} must be a whole number from 1 to 999999999.`)
}
