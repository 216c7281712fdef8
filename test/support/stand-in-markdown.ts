/**
 * A stand-in for the Markdown renderer in a page, to test code that watches a renderer. It makes the same
 * elements for a few kinds of Markdown, appends as the renderer does, and corrects itself more often: an
 * unclosed mark is shown as text.
 */

const BLOCK = /^(?:```([^\n]*)\n(.*?)(?:\n```|$)|[^\n]+(?:\n(?!\n|```)[^\n]*)*)/s
const MARK = /\*\*(.+?)\*\*|`([^`]+)`|!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\([^)]*\)/s

/** Makes an element show this Markdown, and keeps what it already shows. */
export function showMarkdown(element: Element, markdown: string): void {
  const blocks: Element[] = []
  let rest = markdown.trimStart()
  for (let found = BLOCK.exec(rest); found; found = BLOCK.exec(rest)) {
    const [source, language, code] = found
    blocks.push(language === undefined || code === undefined ? block(source) : codeBlock(language, code))
    rest = rest.slice(source.length).trimStart()
  }
  keepOrReplace(element, create('div', blocks))
}

function block(source: string): Element {
  const lines = source.split('\n')
  const [, marks, title] = /^(#+) (.*)$/.exec(source) ?? []
  if (marks && title !== undefined) return create(`h${marks.length}`, inline(title))
  if (/^- /.test(source)) return create('ul', items(lines, /^- (?:\[[ x]\] )?/))
  if (/^\d+\. /.test(source)) {
    const list = create('ol', items(lines, /^\d+\. /))
    list.setAttribute('start', String(Number.parseInt(source, 10)))
    return list
  }
  if (/^\|/.test(source)) return create('div', [create('table', lines.map(row))])
  return create('p', inline(source))
}

function items(lines: string[], mark: RegExp): Element[] {
  return lines.map((line) => {
    const box = /^- \[[ x]\] /.test(line) ? [create('input')] : []
    for (const input of box) {
      input.setAttribute('type', 'checkbox')
      input.toggleAttribute('checked', line.startsWith('- [x]'))
    }
    return create('li', [...box, ...inline(line.replace(mark, ''))])
  })
}

function row(line: string): Element {
  const cells = line.split('|').slice(1)
  if (line.endsWith('|')) cells.pop()
  return create(
    'tr',
    cells.map((cell) => create('td', inline(cell.trim()))),
  )
}

function codeBlock(language: string, text: string): Element {
  const code = create('code', [new Text(text)])
  code.className = `language-${language}`
  const bar = create('div', [create('span', [new Text(language)]), create('button', [new Text('Copy')])])
  const element = create('div', [bar, create('pre', [code])])
  element.className = 'code'
  return element
}

function inline(source: string): Node[] {
  const [mark, strong, code, alt, link] = MARK.exec(source) ?? []
  // An image that has only begun is not shown, because its `!` would end the sentence.
  if (mark === undefined)
    return [new Text(source.replace(/!\[[^\]]*(?:\](?:\([^)]*)?)?$/, ''))].filter(({ length }) => length > 0)
  const at = source.indexOf(mark)
  return [
    ...inline(source.slice(0, at)),
    marked(strong, code, alt, link),
    ...inline(source.slice(at + mark.length)),
  ]
}

function marked(strong?: string, code?: string, alt?: string, link?: string): Element {
  if (strong !== undefined) return create('strong', inline(strong))
  if (code !== undefined) return create('code', [new Text(code)])
  if (link !== undefined) return create('a', inline(link))
  const address = create('span', [new Text('images.example/a.png')])
  address.className = 'address'
  const image = create('span', [new Text(`${alt} `), address])
  image.className = 'image'
  return image
}

function create(tag: string, children: Node[] = []): Element {
  const element = document.createElement(tag)
  element.append(...children)
  return element
}

function keepOrReplace(shown: Element, wanted: Element): void {
  const nodes = [...wanted.childNodes]
  for (const [index, node] of nodes.entries()) {
    const old = shown.childNodes[index]
    if (!old) shown.append(node)
    else if (old instanceof Text && node instanceof Text) {
      if (node.data.startsWith(old.data)) old.appendData(node.data.slice(old.length))
      else old.data = node.data
    } else if (old instanceof Element && node instanceof Element && sameKind(old, node))
      keepOrReplace(old, node)
    else old.replaceWith(node)
  }
  while (shown.childNodes.length > nodes.length) shown.lastChild?.remove()
}

function sameKind(one: Element, other: Element): boolean {
  return one.localName === other.localName && one.className === other.className
}
