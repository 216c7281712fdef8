/** A sink that keeps what it is told as a tree, and writes it as the HTML that CommonMark's examples have. */
import type { Attribute, Kind, Sink } from '../../../client/render/parse/sink.ts'

export interface Node {
  kind: Kind | 'document'
  attributes: Partial<Record<Attribute, string>>
  children: (Node | string)[]
}

export interface Tree extends Sink<Node> {
  root: Node
}

export function createTree(): Tree {
  const root = createNode('document')
  const open = [root]
  const top = (): Node => {
    const node = open.at(-1)
    if (!node) throw new Error('More was closed than was open.')
    return node
  }
  return {
    root,
    open(kind, again) {
      const node = again ?? createNode(kind)
      if (again) again.children = []
      else top().children.push(node)
      open.push(node)
      return node
    },
    close() {
      open.pop()
      top()
    },
    text(text) {
      if (text === '') throw new Error('An empty text was written.')
      const { children } = top()
      const last = children.at(-1)
      if (typeof last === 'string') children[children.length - 1] = last + text
      else children.push(text)
    },
    attribute(name, value) {
      const node = top()
      const [outer] = open.slice(-2)
      if (name === 'loose' && node.kind === 'item' && outer) outer.attributes.loose = value
      else node.attributes[name] = value
    },
  }
}

function createNode(kind: Kind | 'document'): Node {
  return { kind, attributes: {}, children: [] }
}

const TAGS: Partial<Record<Kind | 'document', string>> = {
  paragraph: 'p',
  math: 'p',
  quote: 'blockquote',
  bullets: 'ul',
  numbers: 'ol',
  item: 'li',
  row: 'tr',
  emphasis: 'em',
  strong: 'strong',
  strike: 'del',
  code: 'code',
}

export function toHtml(node: Node, parent?: Node, list?: Node): string {
  const { kind, attributes } = node
  const inner = node.children
    .map((child) => (typeof child === 'string' ? escapeHtml(child) : toHtml(child, node, parent)))
    .join('')
  const attribute = (name: string, value: string | undefined) =>
    value === undefined ? '' : ` ${name}="${escapeHtml(value)}"`
  if (kind === 'document') return inner + footnotesOf(node)
  if (kind === 'footnote') return ''
  if (kind === 'footnote-reference') return `<sup>${attributes.label}</sup>`
  if (kind === 'source-mark') return `<sup class="mark">${attributes.label}</sup>`
  if (kind === 'formula') return escapeHtml(attributes.tex ?? '')
  if (kind === 'rule') return '<hr />'
  if (kind === 'break') return '<br />'
  if (kind === 'heading' || (kind === 'paragraph' && attributes.level)) {
    return `<h${attributes.level}>${inner}</h${attributes.level}>`
  }
  if (kind === 'paragraph' && parent?.kind === 'item' && list?.attributes.loose === undefined) return inner
  if (kind === 'item' && attributes.task) {
    return `<li><input${attributes.task === 'done' ? ' checked=""' : ''} disabled="" type="checkbox"> ${inner}</li>`
  }
  if (kind === 'code-block') {
    const { language } = attributes
    return `<pre><code${attribute('class', language && `language-${language}`)}>${inner}</code></pre>`
  }
  if (kind === 'numbers') {
    return `<ol${attribute('start', attributes.start === '1' ? undefined : attributes.start)}>${inner}</ol>`
  }
  if (kind === 'link')
    return `<a${attribute('href', attributes.href)}${attribute('title', attributes.title)}>${inner}</a>`
  if (kind === 'image') {
    return `<img${attribute('src', attributes.src)}${attribute('alt', attributes.alt)}${attribute('title', attributes.title)} />`
  }
  if (kind === 'table') {
    const [header = '', ...rows] = inner.split(/(?<=<\/tr>)/)
    const body = rows.length > 0 ? `<tbody>${rows.join('')}</tbody>` : ''
    return `<table><thead>${header}</thead>${body}</table>`
  }
  if (kind === 'header') return `<tr>${inner}</tr>`
  if (kind === 'cell') {
    const tag = parent?.kind === 'header' ? 'th' : 'td'
    return `<${tag}${attribute('align', attributes.align)}>${inner}</${tag}>`
  }
  return `<${TAGS[kind]}>${inner}</${TAGS[kind]}>`
}

/** In the order of their references, without links. */
function footnotesOf(root: Node): string {
  const footnotes = nodesIn(root, 'footnote')
  const order = new Set<Node>()
  const visit = (node: Node) => {
    for (const { attributes } of nodesIn(node, 'footnote-reference', 'footnote')) {
      const footnote = footnotes.find((each) => each.attributes.label === attributes.label)
      if (!footnote) throw new Error(`There is no footnote ${attributes.label}.`)
      order.add(footnote)
    }
  }
  visit(root)
  for (const footnote of order) visit(footnote)
  for (const footnote of footnotes) order.add(footnote)
  const items = [...order].map(
    (footnote) =>
      `<li id="${footnote.attributes.label ?? ''}">${footnote.children.map((child) => (typeof child === 'string' ? child : toHtml(child, footnote))).join('')}</li>`,
  )
  return items.length > 0 ? `<section>${items.join('')}</section>` : ''
}

/** In order, but not those in nodes of the kind `except`. */
function nodesIn(root: Node, kind: Kind, except?: Kind): Node[] {
  return root.children.flatMap((child) => {
    if (typeof child === 'string') return []
    const inner = child.kind === except ? [] : nodesIn(child, kind, except)
    return child.kind === kind ? [child, ...inner] : inner
  })
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
