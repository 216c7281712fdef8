/** `openai/gpt-4o` and `ft:gpt-4o:us` name the model `gpt-4o`. @returns the name without what is before it */
export const bareName = (model: string): string => model.slice(model.lastIndexOf('/') + 1).replace(/^ft:/, '')
