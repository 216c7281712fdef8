/** Addresses of sources. A model gives them, so only those of the web become links. */
import { mayFollow } from '../../render/dom/address.ts'

export const isWeb = (url: string): boolean => /^https?:/i.test(url) && mayFollow(url, document.baseURI, {})

/** @returns the host as it is spoken of; '' for what is no address of the web */
export function hostOf(url: string): string {
  return isWeb(url) ? (URL.parse(url)?.host.replace(/^www\./, '') ?? '') : ''
}
