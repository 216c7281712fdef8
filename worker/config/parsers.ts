/**
 * How the text of one setting becomes a value, or an error that names the setting. The error never repeats
 * the text: what stands there by mistake may be a key.
 */

import { toBytes } from '../protocol/encode.ts'

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** @throws {ConfigError} naming the setting */
export type Parse<T> = (text: string, name: string) => T

/** An access key's holder. The key itself is not stored. */
export interface AccessKey {
  name: string
  /** The 64 lower-case hex digits of the key's SHA-256, as bytes: each call is compared with them. */
  sha256: Uint8Array
}

/**
 * [spec] RFC 2104, 3: a secret shorter than the hash's output weakens the signature. Base64 of 24 random
 * bytes has 32.
 */
const LEAST_SECRET_CHARS = 32

export const text: Parse<string> = (text) => text

export function oneOf<const T extends string>(...choices: readonly T[]): Parse<T> {
  return (text, name) => {
    const choice = choices.find((one) => one === text)
    if (choice !== undefined) return choice
    throw new ConfigError(`${name} must be one of ${choices.join(', ')}.`)
  }
}

export const boolean: Parse<boolean> = (text, name) => {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new ConfigError(`${name} must be true or false.`)
}

export function numberFrom(least: number, most: number): Parse<number> {
  return (text, name) => {
    const value = Number(text)
    if (value >= least && value <= most) return value
    throw new ConfigError(`${name} must be a number from ${least} to ${most}.`)
  }
}

/** @param most of at most 9 digits */
export function countUpTo(most: number): Parse<number> {
  return (text, name) => {
    if (/^[1-9]\d{0,8}$/.test(text) && Number(text) <= most) return Number(text)
    throw new ConfigError(`${name} must be a whole number from 1 to ${most}.`)
  }
}

export const count = countUpTo(999_999_999)

/** @param example for the error */
export function address(example: string): Parse<string> {
  return (text, name) => {
    const url = urlOf(text)
    if (url !== undefined) return url.href
    throw new ConfigError(`${name} must be an http(s) address such as ${example}.`)
  }
}

/** An address to which a path can be added: without a query, and without a slash at its end. */
export function baseAddress(example: string): Parse<string> {
  const parse = address(example)
  return (text, name) => parse(urlOf(text)?.search ? '' : text, name).replace(/(?<!\/)\/+$/, '')
}

/** A header can't hold other characters than these. A line break comes from a key that was pasted with it. */
export const apiKey: Parse<string> = (text, name) => {
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new ConfigError(`${name} has a character that no key has: was it pasted whole?`)
}

export const models: Parse<string[]> = (text, name) => {
  const models = [...new Set(listOf(text))]
  if (models.length > 0) return models
  throw new ConfigError(`${name} must name at least one model, or be left out.`)
}

export const accessKeys: Parse<AccessKey[]> = (text, setting) => {
  const keys = listOf(text).map((entry, index) => {
    const [, name, sha256] = /^([\w.-]{1,64}):([0-9a-f]{64})$/i.exec(entry) ?? []
    if (name !== undefined && sha256 !== undefined) return { name, sha256: toBytes(sha256.toLowerCase()) }
    throw new ConfigError(`${setting}: entry ${index + 1} is not name:sha256hex (64 hex digits).`)
  })
  const names = keys.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return keys
  throw new ConfigError(`${setting}: the name ${twice} is there twice.`)
}

/** @returns origins as browsers send them: no slash, no default port, hosts in small letters and Punycode */
export const origins: Parse<string[]> = (text, name) => {
  const origins = listOf(text).map((entry, index) => {
    const url = urlOf(entry)
    const [first, ...rest] = url?.hostname.split('.') ?? []
    const whole = url !== undefined && url.pathname === '/' && !url.search && !rest.some(isWild)
    // Anyone can have a page under `https://*.com`; `https://a*.example.com` is part of a label, which is not
    // supported.
    if (whole && (!isWild(first) || (first === '*' && rest.length >= 2 && url.protocol === 'https:'))) {
      return url.origin
    }
    const forms = 'https://example.com or https://*.example.com'
    throw new ConfigError(`${name}: entry ${index + 1} is not of the form ${forms}.`)
  })
  return [...new Set(origins)]
}

export const secret: Parse<string> = (text, name) => {
  if (text.length >= LEAST_SECRET_CHARS) return text
  throw new ConfigError(
    `${name} must have at least ${LEAST_SECRET_CHARS} characters, such as \`openssl rand -base64 32\` prints.`,
  )
}

export const fields: Parse<Set<string>> = (text, name) => {
  const fields = listOf(text)
  const wrong = fields.findIndex((field) => !/^[a-z][a-z0-9_]{0,63}$/.test(field))
  if (wrong === -1) return new Set(fields)
  throw new ConfigError(`${name}: entry ${wrong + 1} is not the name of a field, such as tools or image_url.`)
}

const listOf = (text: string) => text.split(/[\s,]+/).filter(Boolean)

const isWild = (label: string | undefined) => label?.includes('*') === true

function urlOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.password || url.hash
    ? undefined
    : url
}
