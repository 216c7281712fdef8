/**
 * Takes out of an event what visitors must not see: what the upstream repeats of the owner's instructions and
 * tools (ids of stores, addresses and headers of servers), and what those tools returned.
 */
import { isRecord } from '../../protocol/json.ts'

/** The members of a response that visitors see. Its `tools` keep only their types. */
const SEEN = new Set([
  ...['id', 'object', 'created_at', 'completed_at', 'status', 'background', 'error', 'incomplete_details'],
  ...[
    'model',
    'output',
    'previous_response_id',
    'service_tier',
    'usage',
    'tool_usage',
    'parallel_tool_calls',
  ],
])

/** @param value an event, or a response that was not streamed */
export function stripped(value: unknown): unknown {
  if (!isRecord(value)) return value
  if (value.object === 'response') return strippedResponse(value)
  const { response, item } = value
  return {
    ...value,
    ...(isRecord(response) && { response: strippedResponse(response) }),
    ...(item !== undefined && { item: strippedItem(item) }),
  }
}

function strippedResponse(response: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { output, tools } = response
  return {
    ...Object.fromEntries(Object.entries(response).filter(([name]) => SEEN.has(name))),
    // Clients expect these to be there.
    instructions: null,
    metadata: {},
    tool_choice: 'auto',
    tools: typesOf(tools),
    ...(Array.isArray(output) && { output: output.map(strippedItem) }),
  }
}

function strippedItem(item: unknown): unknown {
  if (!isRecord(item)) return item
  return {
    ...item,
    ...('results' in item && { results: null }),
    ...('tools' in item && { tools: typesOf(item.tools) }),
    ...(item.type === 'mcp_call' && 'output' in item && { output: null }),
  }
}

const typesOf = (tools: unknown): unknown[] =>
  Array.isArray(tools)
    ? tools.flatMap((tool) => (isRecord(tool) && typeof tool.type === 'string' ? [{ type: tool.type }] : []))
    : []
