import { mostTokens, type PromptPart } from '../../worker/tokens/part-tokens.ts'

/** What a part that isn't text can cost, for a model that has one name everywhere. */
export const mostOf = (model: string, mostOfPart?: number) => (part: PromptPart) =>
  mostTokens(part, model) ?? mostOfPart
