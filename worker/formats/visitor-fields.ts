/** What the allow-lists of visitors' requests have in common. */
import { ApiError } from '../errors.ts'

/** The fields with a value: OpenAI's clients send `null` for an omitted field. */
export function said(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== null)
}

export function fieldNotAllowed(param: string): ApiError {
  return new ApiError('field_not_allowed', { message: `Visitors may not send \`${param}\`.`, param })
}

export function roleNotAllowed(role: string, param: string): ApiError {
  return new ApiError('role_not_allowed', {
    message: `Visitors may not send messages of the role ${role}.`,
    param,
  })
}

export function wrongContent(param: string): ApiError {
  return new ApiError('invalid_parameter', { message: `\`${param}\` must be text.`, param })
}

/** Quotes a name if it is short and plain. Callers can send any characters, at any length. */
export function shown(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : '(a field without a proper name)'
}
