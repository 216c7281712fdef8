/** The Vite plugins of a project with Vue or Svelte, reduced to what one component needs. */
import { compile } from 'svelte/compiler'
import type { Plugin } from 'vite'
import { compileScript, parse } from 'vue/compiler-sfc'

/** As the note below the example says. */
export const vue: Plugin = {
  name: 'vue',
  transform(code, id) {
    if (!id.endsWith('.vue')) return undefined
    const { descriptor } = parse(code, { filename: id })
    const compilerOptions = { isCustomElement: (tag: string) => tag === 'millrace-chat' }
    const { content } = compileScript(descriptor, {
      id: 'ask',
      inlineTemplate: true,
      templateOptions: { compilerOptions },
    })
    return { code: content, map: null }
  },
}

export const svelte: Plugin = {
  name: 'svelte',
  transform(code, id) {
    if (!id.endsWith('.svelte')) return undefined
    return { code: compile(code, { filename: id, generate: 'client' }).js.code, map: null }
  },
}
