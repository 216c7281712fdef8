/** Loads a part of the widget that isn't needed at once. */
export function loadChunk<Module>(_name: string, load: () => Promise<Module>): Promise<Module> {
  return load()
}
