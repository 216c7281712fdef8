/** Sets the attributes of a link. This is the only place where model output becomes an `href`. */
import { type AddressRules, mayFollow, shownAddress, wholeAddress } from './address.ts'

export function finishLink(
  link: Element,
  href: string | undefined,
  title: string | undefined,
  rules: AddressRules,
): void {
  const follow = href !== undefined && mayFollow(href, document.baseURI, rules)
  const elsewhere = follow && URL.canParse(href) && !/^mailto:/i.test(href)
  const address = href === undefined ? '' : shownAddress(href, link.textContent ?? '')
  set(link, 'href', follow ? href : undefined)
  // First, so that no title can take its place.
  const whole = address && href !== undefined ? wholeAddress(href) : undefined
  set(link, 'title', [whole, title].filter(Boolean).join('\n') || undefined)
  set(link, 'rel', follow ? 'noopener noreferrer nofollow' : undefined)
  set(link, 'target', elsewhere ? '_blank' : undefined)
  set(link, 'data-address', address || undefined)
}

/** Skips attributes that are right already, because each change notifies mutation observers. */
function set(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}
