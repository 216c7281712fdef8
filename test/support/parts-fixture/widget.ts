/** A widget as small as can be, with a part that has a part. */
class Word extends HTMLElement {
  async say(): Promise<string> {
    const { word } = await import('./word.ts')
    return word()
  }
}

customElements.define('x-word', Word)
