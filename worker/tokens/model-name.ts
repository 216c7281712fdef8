/** `openai/gpt-4o` and `ft:gpt-4o:us` name the model `gpt-4o`. @returns the name without what is before it */
export const bareName = (model: string): string => model.slice(model.lastIndexOf('/') + 1).replace(/^ft:/, '')

/** What a model is called. */
export interface ModelNames {
  /** By callers. */
  asked: string
  /** By the upstreams that may be asked for it. */
  there: readonly string[]
}

/**
 * A name without a rule of its own, such as a deployment's, has the rule of the name by which callers ask.
 *
 * @param rule the tokens for a model of this name; `undefined` if its rule is not known
 * @returns the most by any of the names there; `undefined`: one has no rule
 */
export function mostByName(
  { asked, there }: ModelNames,
  rule: (name: string) => number | undefined,
): number | undefined {
  const most = there.map((name) => rule(name) ?? rule(asked))
  return most.every((tokens) => tokens !== undefined) ? Math.max(...most) : undefined
}
