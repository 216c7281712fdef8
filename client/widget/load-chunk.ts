/**
 * The one way to a part that is loaded when it is needed. Every `import()` of the widget stands in such a call, written
 * out like this one: the build finds it by its form.
 *
 * For `widget.js` and the page (scripts/widget-parts.ts) the call becomes one of `loadDeployed`, which survives a new
 * deployment. In the library it stays what is written here: there, the site's own bundler says where the parts lie.
 *
 * @param name the part's, in the chunk list: lower case, unique
 * @throws why it could not be loaded; the next call tries again
 * @example
 *   const { colour } = await loadChunk('highlight', () => import('../render/highlight/colours.ts'))
 */
export function loadChunk<T>(_name: string, load: () => Promise<T>): Promise<T> {
  return load()
}
