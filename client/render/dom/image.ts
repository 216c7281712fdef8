/** An image in model output: loaded if its origin is allowed, else shown as text and address. */
import { type AddressRules, cutShort, mayLoad } from './address.ts'

export interface ImageText {
  src: string
  alt: string
  title: string | undefined
}

export function createImage({ src, alt, title }: ImageText, rules: AddressRules): HTMLElement {
  if (mayLoad(src, document.baseURI, rules)) {
    const image = document.createElement('img')
    image.alt = alt
    if (title !== undefined) image.title = title
    image.loading = 'lazy'
    image.referrerPolicy = 'no-referrer'
    image.src = src
    return image
  }
  const box = document.createElement('span')
  box.className = 'image'
  if (title !== undefined) box.title = title
  const address = document.createElement('span')
  address.className = 'address'
  address.textContent = cutShort(src)
  box.append(...(alt === '' ? [] : [alt, ' ']), address)
  return box
}
