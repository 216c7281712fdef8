/**
 * What tools can cost that the upstream calls itself. OpenAI bills each round of them: the model reads the
 * prompt, all results and its own words again, and `input_tokens` is the sum. (A recorded answer to a short
 * question with one search has 9,463 of them, 8,320 cached.)
 */
import type { ApiError } from '../../errors.ts'
import { TOOL_RESULT } from '../../limits.ts'
import { isRecord } from '../../protocol/json.ts'
import type { ToolLimits } from '../format.ts'
import { costUnknown } from '../prompt.ts'
import { itemsOf, type Members, type ResponsesRequest } from './request-items.ts'

/** Tools that the caller runs: a call of one ends the answer. */
const RUN_BY_CALLER = new Set(
  'function custom namespace local_shell apply_patch computer computer_use_preview'.split(' '),
)

interface PlacedTool {
  tool: Members
  /** `param` of an error about it. */
  param: string
}

/** The tools that the upstream calls. Items of the input can bring more of them. */
function upstreamsTools(request: ResponsesRequest): PlacedTool[] {
  const found = placed(request.tools, 'tools')
  for (const [index, { type, tools }] of itemsOf(request).entries()) {
    // These are a server's tools, which its own entry in `tools` stands for.
    if (type !== 'mcp_list_tools') found.push(...placed(tools, `input[${index}].tools`))
  }
  // A stored template can have any tools.
  if (request.prompt != null) found.push({ tool: {}, param: 'prompt' })
  return found
}

const placed = (tools: unknown, path: string): PlacedTool[] =>
  (Array.isArray(tools) ? tools : [])
    .map((tool: unknown, index) => ({ tool: isRecord(tool) ? tool : {}, param: `${path}[${index}]` }))
    .filter(({ tool }) => !RUN_BY_CALLER.has(String(tool.type)))

export const callsTools = (request: ResponsesRequest): boolean => upstreamsTools(request).length > 0

export function toolTokens(request: ResponsesRequest, limits: ToolLimits): number | ApiError {
  const { prompt, output, mostOfPart } = limits
  let result = 0
  for (const { tool, param } of upstreamsTools(request)) {
    const most = mostOfResult(tool, mostOfPart)
    if (most === undefined) return costUnknown(param)
    result = Math.max(result, most)
  }
  const rounds = result === 0 ? 0 : roundsOf(request, limits.rounds)
  return rounds * (prompt + output) + (result * rounds * (rounds + 1)) / 2
}

export const roundsOf = ({ max_tool_calls: own }: ResponsesRequest, most: number): number =>
  Math.min(own ?? most, most)

function mostOfResult(
  { type, max_num_results: chunks }: Members,
  mostOfPart: number | undefined,
): number | undefined {
  if (type === 'file_search') {
    const most = typeof chunks === 'number' && chunks > 0 ? chunks : TOOL_RESULT.mostChunks
    return Math.ceil(most) * TOOL_RESULT.chunk
  }
  if (String(type).startsWith('web_search')) return Math.max(TOOL_RESULT.webSearch, mostOfPart ?? 0)
  return mostOfPart
}
