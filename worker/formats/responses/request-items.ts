/** Requests of the Responses API as types: the fields that the Worker reads. All others pass unchanged. */
import type { OwnOptions } from '../../protocol/wire.ts'

export type Members = Readonly<Record<string, unknown>>

export interface ResponsesRequest extends Members {
  model?: string
  input?: string | readonly Members[] | null
  instructions?: string | null
  stream?: boolean | null
  stream_options?: (OwnOptions & { [field: string]: unknown }) | null
  max_output_tokens?: number | null
  max_tool_calls?: number | null
  previous_response_id?: string | null
  conversation?: string | { id?: string } | null
  background?: boolean | null
  store?: boolean | null
  tools?: readonly Members[] | null
}

/** The input as items. A text is a user's message. */
export function itemsOf({ input }: ResponsesRequest): readonly Members[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : (input ?? [])
}

/**
 * [spec] Of an item without a type, a message has a role. Any other is a reference to a stored item.
 */
export const typeOfItem = ({ type, role }: Members): unknown =>
  type ?? (role == null ? 'item_reference' : 'message')
